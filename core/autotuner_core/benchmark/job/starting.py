"""Waiting for a BenchmarkJob's container to start."""

from __future__ import annotations

import time

from autotuner_core.benchmark.job.health import LOOK_SECONDS, JobHealth
from autotuner_core.benchmark.job.making import nudge_job
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.pending import still_pending, too_late, without_pod
from autotuner_core.benchmark.job.watching import JobSeen
from autotuner_core.control import Scope

NUDGE_SECONDS, NUDGE_GROWS = 1.0, 1.5
PENDING_SECONDS = 45.0
"""OME looks at a Pending job again up to a minute after its service is Ready, or at once when it is changed; one that
was changed again and again (ever more seldom: many may be pending) and has no pod after this time is stuck."""
ENDED = ("Completed", "Failed")


class Starting:
    """One wait; `tail` are the last lines of what it said, where there are any."""

    def __init__(self, parts: JobParts, seen: JobSeen, health: JobHealth, tail: tuple[str, ...]) -> None:
        self._parts, self._seen, self._health, self._tail = parts, seen, health, tail
        self._begun = self._nudged = time.monotonic()
        self._pause = NUDGE_SECONDS

    def wait(self, scope: Scope) -> None:
        """Raises ExperimentFailure as soon as it is known that it will not start, and Interrupted."""
        seconds = self._parts.where.task.optimization.timeout_per_iteration
        if not scope.wait_until(self._is_over, seconds, poll=LOOK_SECONDS):
            raise too_late(self._seen, seconds, self._tail)

    def _is_over(self) -> bool:
        if self._seen.pod is None:
            self._look_for_pod(time.monotonic())
        if (failure := self._health.failure()) is not None:
            raise failure
        return self._health.has_started

    def _look_for_pod(self, now: float) -> None:
        seen, since = self._seen, now - self._begun
        if now > self._nudged + self._pause:
            self._nudged, self._pause = now, self._pause * NUDGE_GROWS
            nudge_job(self._parts, seen.name, str(int(since)))
        if seen.state in ENDED and since > NUDGE_SECONDS:
            raise without_pod(seen, self._tail)
        if since > PENDING_SECONDS:
            raise still_pending(seen, since, self._parts.catalog().model)
