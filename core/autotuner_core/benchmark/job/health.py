"""How a BenchmarkJob's pod fares, as far as the watches tell."""

from __future__ import annotations

import time
from collections.abc import Callable

from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.trouble import trouble_of, view_of
from autotuner_core.benchmark.job.watching import JobSeen
from autotuner_core.deploy.ome.by_other_hands import or_with_its_namespace
from autotuner_core.deploy.ome.diagnosis.view import engine_status
from autotuner_core.deploy.ome.fields import going, part, text, uid_of
from autotuner_core.deploy.ome.room_seen import RoomSeen
from autotuner_core.failures import ExperimentFailure

LOOK_SECONDS = 0.5
"""A grace that is over is announced by nobody."""


class JobHealth:
    """`by_itself` says whether no launcher reports from the pod; `unheard` why nothing that it says is heard, if so;
    `tail` gives the last lines that it said."""

    def __init__(
        self,
        parts: JobParts,
        seen: JobSeen,
        by_itself: Callable[[], bool],
        unheard: Callable[[], ExperimentFailure | None],
        tail: Callable[[], tuple[str, ...]],
    ) -> None:
        self._parts, self._seen = parts, seen
        self._by_itself, self._unheard, self._tail = by_itself, unheard, tail
        self._room = RoomSeen(parts.client)
        self._loading = ""  # the uid of the pod that loads
        self._looked = 0.0
        self._known: ExperimentFailure | None = None

    @property
    def has_started(self) -> bool:
        """Whether its container has."""
        state = part(engine_status(self._seen.pod or {}), "state")
        return "running" in state or "terminated" in state

    def loads(self) -> None:
        """The pod that is there now is the one that loads."""
        assert self._seen.pod is not None
        self._loading = uid_of(self._seen.pod)

    @property
    def ended(self) -> bool:
        """Whether the pod that loads has ended, is gone or is being removed."""
        pod = self._seen.pod
        phase = text(pod, "status", "phase")
        return bool(self._loading) and (pod is None or going(pod) or phase in ("Succeeded", "Failed"))

    @property
    def exit_code(self) -> int | None:
        """That of its container; None while it runs, and where that is not known."""
        code = part(engine_status(self._seen.pod or {}), "state", "terminated").get("exitCode")
        return code if isinstance(code, int) else None

    def failure(self, *, now: bool = False) -> ExperimentFailure | None:
        """Why it does not load, or will not: looked at every LOOK_SECONDS, or `now`. What was known once stays
        known."""
        if self._known is None and (now or time.monotonic() > self._looked + LOOK_SECONDS):
            self._looked = time.monotonic()
            self._known = self._judged()
            if self._known is not None and self.exit_code:
                self._known.evidence += self._tail()
        return self._known

    def _judged(self) -> ExperimentFailure | None:
        parts, pod = self._parts, self._seen.pod
        parts.watching.freshen()
        self._room.look([] if pod is None else [pod], has_served=bool(self._loading))
        view = view_of(
            self._seen,
            parts.client.server_now(),
            serving=self._loading,
            grace=parts.where.task.kubernetes.schedule_grace,
            nodes=self._room.nodes,
        )
        found = trouble_of(self._seen, view, by_itself=self._by_itself()) or self._unheard()
        return None if found is None else or_with_its_namespace(found, parts.client, parts.where.namespace)
