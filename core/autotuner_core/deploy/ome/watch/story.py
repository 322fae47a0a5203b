"""What the journal is told of one attempt's objects in the cluster. Told by the watches' threads too, which have nobody
to complain to: a journal that cannot be written is met by the run itself at its next event."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.diagnosis.events import HARMLESS
from autotuner_core.deploy.ome.watch import pods
from autotuner_core.deploy.ome.watch.seen import event_count
from autotuner_core.kube.kinds import EVENT, INFERENCE_SERVICE, POD, Kind
from autotuner_core.run.events import (
    ClusterEventSeen,
    Event,
    ResourceCreated,
    ResourceIntended,
    ResourceRemoved,
    WorkloadObserved,
)
from autotuner_core.run.journal import JournalWriteError, Recorder

LONGEST_MESSAGE = 1000


class Story:
    """The events of one service, or of another object with pods. The three of its life raise JournalWriteError; what is
    watched does not."""

    def __init__(
        self, recorder: Recorder, order: DeployOrder, name: str, run_id: str, kind: Kind = INFERENCE_SERVICE
    ) -> None:
        self._recorder = recorder
        self._attempt: dict[str, Any] = {"experiment": order.experiment, "attempt": order.attempt}
        self._resource: dict[str, Any] = {
            "kind": kind.name, "name": name, "token": run_id, **self._attempt,
        }  # fmt: skip
        self._lock = threading.Lock()
        self._pods: dict[str, tuple[str, int, str, str, bool]] = {}
        self._counts: dict[str, int] = {}

    def intended(self) -> None:
        """It is about to be made."""
        self._recorder.record(ResourceIntended(**self._resource))

    def created(self) -> None:
        """It exists."""
        self._recorder.record(ResourceCreated(**self._resource))

    def removed(self) -> None:
        """Nothing of it is left, its pods included."""
        self._recorder.record(ResourceRemoved(**self._resource))

    def changed(self, kind: str, change: str, body: Mapping[str, Any]) -> None:
        """A watch saw something of it."""
        if kind == POD.name:
            self._pod(change, body)
        elif kind == EVENT.name and change != "DELETED":
            self._event(body)

    def tell(self, event: Event) -> None:
        """One event more, from a thread of the watches."""
        with suppress(JournalWriteError):
            self._recorder.record(event)

    def _pod(self, change: str, pod: Mapping[str, Any]) -> None:
        name = str(pod["metadata"]["name"])
        phase = "Deleted" if change == "DELETED" else pods.phase(pod)
        ready = phase != "Deleted" and pods.is_ready(pod)
        told = (phase, pods.restarts(pod), pods.node(pod), "" if phase == "Deleted" else pods.reason(pod), ready)
        with self._lock:
            if self._pods.get(name) == told:
                return
            self._pods[name] = told
        phase, restarts, node, reason, ready = told
        self.tell(
            WorkloadObserved(
                kind="pod",
                name=name,
                phase=phase,
                restarts=restarts,
                node=node,
                reason=reason[:LONGEST_MESSAGE],
                ready=ready,
                **self._attempt,
            )
        )

    def _event(self, event: Mapping[str, Any]) -> None:
        """Told when it is new, and each time that its count has doubled: a back-off goes on for hours."""
        key, count = str(event["metadata"]["uid"]), event_count(event)
        with self._lock:
            if count < 2 * self._counts.get(key, 0) or count == self._counts.get(key):
                return
            self._counts[key] = count
        about = event.get("involvedObject") or {}
        self.tell(
            ClusterEventSeen(
                kind=str(about.get("kind", "")),
                name=str(about.get("name", "")),
                reason=str(event.get("reason", "")),
                message=str(event.get("message", ""))[:LONGEST_MESSAGE],
                severity="Normal" if event.get("reason") in HARMLESS else str(event.get("type", "Normal")),
                count=count,
                **self._attempt,
            )
        )
