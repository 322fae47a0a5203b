"""One attempt's BenchmarkJob and its pod: made, followed, told what to load, removed."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.job import commands, names
from autotuner_core.benchmark.job.manifest import JobManifest
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.pending import still_pending, too_late, without_pod
from autotuner_core.benchmark.job.removal import remove_job
from autotuner_core.benchmark.job.reports import SAMPLES, JobFork, JobReports
from autotuner_core.benchmark.job.trouble import trouble_of, view_of
from autotuner_core.benchmark.log_tail import log_tail
from autotuner_core.control import Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.adoption import same
from autotuner_core.deploy.ome.by_other_hands import or_with_its_namespace
from autotuner_core.deploy.ome.deletion import wait_gone
from autotuner_core.deploy.ome.diagnosis import not_made
from autotuner_core.deploy.ome.diagnosis.view import engine_status
from autotuner_core.deploy.ome.fields import going, name_of, part, text, uid_of
from autotuner_core.deploy.ome.reach.forward import PodForward
from autotuner_core.deploy.ome.room_seen import RoomSeen
from autotuner_core.deploy.ome.watch.story import Story
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import BENCHMARK_JOB
from autotuner_core.kube.logs import LogFollower

RAW_LOG, LOG = "benchmark_pod.log", "benchmark.log"
POLL_SECONDS = 0.1
LOOK_SECONDS = 0.5
"""A grace that is over is announced by nobody."""
NUDGE_SECONDS, NUDGE_GROWS = 1.0, 1.5
PENDING_SECONDS = 45.0
"""OME looks at a Pending job again up to a minute after its service is Ready, or at once when it is changed; one that
was changed again and again (ever more seldom: many may be pending) and has no pod after this time is stuck."""
BEGUN_SECONDS, LOADED_SECONDS = 60.0, 600.0
"""From the start of the container to the launcher's first words, which come before anything else is done; and to its
having imported genai-bench, which a node with slow storage reads for minutes at the first time."""
ANSWER_SECONDS = 60.0
"""For a launcher's answer to come through the log, behind everything that the log has kept."""
COMMAND_SECONDS, END_SECONDS = 75.0, 1.0
"""In which a command must get through: the way to the pod may have to come back first, and the API server. That a level
is to end is worth less: the next one ends it anyway."""
CONFLICT = 409
ENDED = ("Completed", "Failed")


class JobPod:
    """`make` it, but where it `is_left` by an earlier host of this run, which may have begun levels in it; `start` it
    once; then `begin` one level after the other, if that said True; `close` whatever happens."""

    def __init__(self, parts: JobParts, order: DeployOrder, manifest: JobManifest, *, is_left: bool = False) -> None:
        self.order, self.manifest, self.is_left = order, manifest, is_left
        self._parts = parts
        self.story = Story(parts.recorder, order, manifest.name, parts.where.run_id, BENCHMARK_JOB)
        self.seen = parts.watching.follow(manifest.name, self.story.changed)
        self.raw = order.folder / RAW_LOG
        if not is_left:
            self.raw.unlink(missing_ok=True)
        self.reports = JobReports(self.raw, order.folder / LOG, order.folder / SAMPLES, again=is_left)
        self._numbers = itertools.count(1)
        self._left: JobFork | None = None
        self._follower: LogFollower | None = None
        self._forward: PodForward | None = None
        self._room = RoomSeen(parts.client)
        self._loading = ""  # the uid of the pod that loads
        self._looked = 0.0
        self._known: ExperimentFailure | None = None
        self._made, self._removed = is_left, False

    # ---- its beginning

    def make(self, scope: Scope) -> None:
        """Make the job. Raises ExperimentFailure and Interrupted."""
        with self._parts.waits.within(scope):
            self._make()

    def start(self, scope: Scope) -> bool:
        """Wait until its load generator is ready to be told what to do: True; False where it runs by itself, since no
        launcher reports from it. Raises ExperimentFailure and Interrupted."""
        with self._parts.waits.within(scope):
            self._wait_started(scope)
            if not self._wait_loaded(scope):
                return False
            self._forward = PodForward(
                self._parts.client,
                self._parts.where,
                self.order,
                name_of(self.seen.pod),
                names.COMMAND_PORT,
                self._parts.recorder,
                self._parts.control.notify,
                name="benchmark-port-forward",
            )
            if self.is_left:
                self._catch_up(scope)
        return True

    def _make(self) -> None:
        self.story.intended()
        try:
            self._create()
        except KubeError as error:
            self._made = error.worth_retrying  # it may be there: whether it was made was not told
            what = f"the BenchmarkJob {self.manifest.name}"
            raise not_made(error, what, namespace=self._parts.where.namespace) from error
        self._made = True
        self.story.created()

    def _create(self) -> None:
        """That it is there already is none of KubeError's reasons where it was made, and the answer was lost."""
        client, namespace = self._parts.client, self._parts.where.namespace
        try:
            client.create(BENCHMARK_JOB, self.manifest.body, namespace)
        except KubeError as error:
            found = client.get(BENCHMARK_JOB, self.manifest.name, namespace) if error.status == CONFLICT else None
            if found is None or not same(self.manifest.body, found):
                raise

    def _wait_started(self, scope: Scope) -> None:
        """Until its container has started. Raises ExperimentFailure as soon as it is known that it will not."""
        begun = nudged = time.monotonic()
        pause = NUDGE_SECONDS

        def over() -> bool:
            nonlocal nudged, pause
            now = time.monotonic()
            if self.seen.pod is None and now > nudged + pause:
                nudged, pause = now, pause * NUDGE_GROWS
                self._nudge(str(int(now - begun)))
            if self.seen.pod is None and self.seen.state in ENDED and now > begun + NUDGE_SECONDS:
                raise without_pod(self.seen, self.tail())
            if self.seen.pod is None and now > begun + PENDING_SECONDS:
                raise still_pending(self.seen, now - begun, self._parts.catalog().model)
            self._raise_trouble()
            return self._has_started()

        seconds = self._parts.where.task.optimization.timeout_per_iteration
        if not scope.wait_until(over, seconds, poll=LOOK_SECONDS):
            raise too_late(self.seen, seconds, self.tail())
        pod = self.seen.pod
        assert pod is not None
        self._loading = uid_of(pod)
        self._follower = LogFollower(
            self._parts.client, name_of(pod), self._parts.where.namespace, names.CONTAINER, self.raw
        )
        self._follower.start()

    def _nudge(self, word: str) -> None:
        about = {"metadata": {"annotations": {"autotuner.io/look-again": word}}}
        try:
            self._parts.client.patch(BENCHMARK_JOB, self.manifest.name, about, self._parts.where.namespace)
        except KubeError as error:
            if error.status not in (404, 409):
                raise as_failure(error, f"have OME look at the BenchmarkJob {self.manifest.name}") from error

    def _has_started(self) -> bool:
        state = part(engine_status(self.seen.pod or {}), "state")
        return "running" in state or "terminated" in state

    def _wait_loaded(self, scope: Scope) -> bool:
        silent_until = time.monotonic() + BEGUN_SECONDS

        def over() -> bool:
            self.reports.look()
            loaded = self.reports.loaded
            if self.reports.begun is None and time.monotonic() > silent_until:
                return True
            if loaded is not None and (not loaded.get("patched") or self.reports.listening is not None):
                return True
            self._raise_trouble()
            return self.ended

        scope.wait_until(over, LOADED_SECONDS, poll=POLL_SECONDS)
        return self.reports.listening is not None

    def _catch_up(self, scope: Scope) -> None:
        """Until everything is known that has come about in the pod so far. Raises ExperimentFailure where its launcher
        does not answer."""
        word = uuid.uuid4().hex

        def answered() -> bool:
            self.reports.look()
            return word in self.reports.answers or self.ended

        if not self._send({"cmd": "answer", "id": word}, COMMAND_SECONDS):
            raise self.failure(now=True) or self._way_lost()
        scope.wait_until(answered, ANSWER_SECONDS, poll=POLL_SECONDS)
        if word not in self.reports.answers:
            raise self.failure(now=True) or self._way_lost()
        self._left = self.reports.last
        self._numbers = itertools.count(self._left.number + 1 if self._left else 1)

    # ---- its levels

    def has_begun(self, level: Level) -> bool:
        """Whether an earlier host has begun this level, as the last one, and it goes well or has ended well."""
        left = self._left
        if left is None or left.status:
            return False
        return all(left.level.get(name) == value for name, value in asdict(level).items() if name != "max_seconds")

    def take_left(self, level: Level) -> JobFork | None:
        """The load generators of a level that `has_begun`, once. Those of any other level are ended."""
        goes_on, left, self._left = self.has_begun(level), self._left, None
        if left is not None and not goes_on and not left.gone:
            self.end(left, kill=True)
        return left if goes_on else None

    def begin(self, arguments: Sequence[str], settings: Mapping[str, Any], folder: str) -> JobFork:
        """Have the load generator begin a level: `arguments` are laid over OME's own, its files go to `folder` within
        those of the attempt. Raises ExperimentFailure and Interrupted."""
        fork = self.reports.expect(next(self._numbers), int(settings.get("workers", 1)))
        command = {
            "cmd": "level",
            "id": fork.number,
            "arguments": list(arguments),
            "settings": dict(settings),
            "folder": folder,
        }
        if not self._send(command, COMMAND_SECONDS):
            self._parts.control.scope(self.order.experiment).check()
            raise self.failure(now=True) or self._way_lost()
        return fork

    def end(self, fork: JobFork, *, kill: bool = False) -> bool:
        """Have a level end now, with what it has saved; whether it was told. `kill`: at once."""
        return self._send({"cmd": "end", "id": fork.number, "kill": kill}, END_SECONDS)

    def ask_again(self, fork: JobFork) -> bool:
        """Have the launcher tell once more the rows that did not come, and then that the level is whole; whether it was
        told."""
        self.reports.expect_again(fork)
        return self._send({"cmd": "again", "id": fork.number, "at": self.reports.pieces.size}, END_SECONDS)

    def _send(self, command: Mapping[str, Any], seconds: float) -> bool:
        return self._forward is not None and commands.send(self._forward.port, command, seconds, self._wait)

    def _wait(self, seconds: float) -> bool:
        """Between two tries, for so long; whether there is still somebody to try."""
        scope = self._parts.control.scope(self.order.experiment)

        def in_vain() -> bool:
            return self.ended or scope.interruption is not None or self.failure() is not None

        return not wait_gone(in_vain, self._parts.control, seconds)

    def _way_lost(self) -> ExperimentFailure:
        known = self._forward.failure if self._forward is not None else None
        return known or ExperimentFailure(
            FailureCause.PORT_FORWARD_LOST,
            f"the load generator in the pod of {self.manifest.name} takes no commands",
            evidence=self.tail(),
            cure="See whether `kubectl port-forward` to that pod works from this machine.",
        )

    # ---- how it fares

    @property
    def ended(self) -> bool:
        """Whether its pod has ended, is gone or is being removed."""
        pod = self.seen.pod
        phase = text(pod, "status", "phase")
        return bool(self._loading) and (pod is None or going(pod) or phase in ("Succeeded", "Failed"))

    @property
    def exit_code(self) -> int | None:
        """That of its container; None while it runs, and where that is not known."""
        code = part(engine_status(self.seen.pod or {}), "state", "terminated").get("exitCode")
        return code if isinstance(code, int) else None

    @property
    def node(self) -> str:
        """Where its pod is, or was."""
        return text(self.seen.pod, "spec", "nodeName")

    def failure(self, *, now: bool = False) -> ExperimentFailure | None:
        """Why it does not load, or will not, as far as the watches tell: looked at so often, or `now`. What was known
        once stays known."""
        if self._known is None and (now or time.monotonic() > self._looked + LOOK_SECONDS):
            self._looked = time.monotonic()
            self._parts.watching.freshen()
            pod = self.seen.pod
            self._room.look([] if pod is None else [pod], has_served=bool(self._loading))
            view = view_of(
                self.seen,
                self._parts.client.server_now(),
                serving=self._loading,
                grace=self._parts.where.task.kubernetes.schedule_grace,
                nodes=self._room.nodes,
            )
            found = trouble_of(self.seen, view, by_itself=self.reports.listening is None) or self._unheard()
            where = self._parts.where.namespace
            self._known = None if found is None else or_with_its_namespace(found, self._parts.client, where)
            if self._known is not None and self.exit_code:
                self._known.evidence += self.tail()
        return self._known

    def _unheard(self) -> ExperimentFailure | None:
        """Nothing that its load generator says is heard."""
        refused = self._follower.refused if self._follower is not None else None
        return None if refused is None else as_failure(refused, f"read the log of the pod of {self.manifest.name}")

    def _raise_trouble(self) -> None:
        if (failure := self.failure()) is not None:
            raise failure

    def tail(self) -> tuple[str, ...]:
        """The last lines of what it said."""
        return log_tail(self.order.folder / LOG)

    # ---- its end

    def close(self) -> None:
        """Remove the job with its pod, and wait until nothing is left. Safe to call twice. Raises ExperimentFailure."""
        if self._forward is not None:
            self._forward.close()
            self._forward = None
        try:
            if self._made and not self._removed:
                remove_job(self._parts, self.seen)
        finally:
            self._stop_following()
        if not self._removed:
            self._removed = True
            self._parts.watching.forget(self.seen)
            self.story.removed()

    def _stop_following(self) -> None:
        if self._follower is not None:
            self._follower.stop()
            self._follower = None
            self.reports.look()
            self.raw.unlink(missing_ok=True)
