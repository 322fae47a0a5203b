"""One attempt's BenchmarkJob and its pod: made, followed, told what to load, removed."""

from __future__ import annotations

import time

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.job import names
from autotuner_core.benchmark.job.health import JobHealth
from autotuner_core.benchmark.job.making import create_job
from autotuner_core.benchmark.job.manifest import JobManifest
from autotuner_core.benchmark.job.orders import POLL_SECONDS, PodOrders
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.removal import remove_job
from autotuner_core.benchmark.job.reports import SAMPLES, JobReports
from autotuner_core.benchmark.job.starting import Starting
from autotuner_core.benchmark.log_tail import log_tail
from autotuner_core.control import Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.diagnosis import not_made
from autotuner_core.deploy.ome.fields import name_of, text
from autotuner_core.deploy.ome.reach.forward import PodForward
from autotuner_core.deploy.ome.watch.story import Story
from autotuner_core.failures import ExperimentFailure
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import BENCHMARK_JOB
from autotuner_core.kube.logs import LogFollower

RAW_LOG, LOG = "benchmark_pod.log", "benchmark.log"
BEGUN_SECONDS, LOADED_SECONDS = 60.0, 600.0
"""From the start of the container to the launcher's first words, which come before anything else is done; and to its
having imported genai-bench, which a node with slow storage reads for minutes at the first time."""


class JobPod:
    """`make` it, but where it `is_left` by an earlier host of this run, which may have begun levels in it; `start` it
    once; then, if that said True, its `orders` begin one level after the other; `close` whatever happens."""

    def __init__(self, parts: JobParts, order: DeployOrder, manifest: JobManifest, *, is_left: bool = False) -> None:
        self.order, self.manifest, self.is_left = order, manifest, is_left
        self._parts = parts
        self.story = Story(parts.recorder, order, manifest.name, parts.where.run_id, BENCHMARK_JOB)
        self.seen = parts.watching.follow(manifest.name, self.story.changed)
        self.raw = order.folder / RAW_LOG
        if not is_left:
            self.raw.unlink(missing_ok=True)
        self.reports = JobReports(self.raw, order.folder / LOG, order.folder / SAMPLES, again=is_left)
        self._follower: LogFollower | None = None
        self._orders: PodOrders | None = None
        self._health = JobHealth(parts, self.seen, lambda: self.reports.listening is None, self._unheard, self.tail)
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
            self._orders = self._ordered()
            if self.is_left:
                self._orders.catch_up(scope)
        return True

    def _make(self) -> None:
        self.story.intended()
        try:
            create_job(self._parts, self.manifest)
        except KubeError as error:
            self._made = error.worth_retrying  # it may be there: whether it was made was not told
            what = f"the BenchmarkJob {self.manifest.name}"
            raise not_made(error, what, namespace=self._parts.where.namespace) from error
        self._made = True
        self.story.created()

    def _wait_started(self, scope: Scope) -> None:
        """Until its container has started. Raises ExperimentFailure as soon as it is known that it will not."""
        Starting(self._parts, self.seen, self._health, self.tail()).wait(scope)
        self._health.loads()
        self._follower = LogFollower(
            self._parts.client, name_of(self.seen.pod), self._parts.where.namespace, names.CONTAINER, self.raw
        )
        self._follower.start()

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

    def _ordered(self) -> PodOrders:
        parts, name = self._parts, name_of(self.seen.pod)
        forward = PodForward(
            parts.client, parts.where, self.order, name, names.COMMAND_PORT, parts.recorder, parts.control.notify,
            name="benchmark-port-forward",
        )  # fmt: skip
        return PodOrders(
            self.manifest.name, forward, self.reports, self._health, parts.control, self.order.experiment, self.tail
        )

    # ---- how it fares

    @property
    def orders(self) -> PodOrders:
        """To its launcher, once `start` has said True."""
        assert self._orders is not None, "it runs by itself"
        return self._orders

    def has_begun(self, level: Level) -> bool:
        """See PodOrders.has_begun; False where it runs by itself."""
        return self._orders is not None and self._orders.has_begun(level)

    @property
    def ended(self) -> bool:
        """Whether its pod has ended, is gone or is being removed."""
        return self._health.ended

    @property
    def exit_code(self) -> int | None:
        """See JobHealth.exit_code."""
        return self._health.exit_code

    @property
    def node(self) -> str:
        """Where its pod is, or was."""
        return text(self.seen.pod, "spec", "nodeName")

    def failure(self, *, now: bool = False) -> ExperimentFailure | None:
        """See JobHealth.failure."""
        return self._health.failure(now=now)

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
        if self._orders is not None:
            self._orders.close()
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
