"""One level, run by the load generator in a BenchmarkJob's pod and followed to its end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.base import Level, LevelRun, LevelWatch
from autotuner_core.benchmark.command import request_params, whole_minutes
from autotuner_core.benchmark.job.orders import POLL_SECONDS
from autotuner_core.benchmark.job.pod import JobPod
from autotuner_core.benchmark.job.reports import JobFork
from autotuner_core.benchmark.job.trouble import EXIT_IO_ERROR, not_written
from autotuner_core.benchmark.level_monitor import LevelMonitor
from autotuner_core.control import Scope
from autotuner_core.failures import ExperimentFailure, FailureCause

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

WAY_SECONDS = 60.0
"""Beyond its own limit: for the order to reach the pod, and for its last rows to come."""
SAVE_SECONDS, AGAIN_SECONDS = 2.0, 10.0
LEFT = "it went on in the cluster while its tuner was gone: what the engine counted meanwhile was not seen"

ServerFailure = Callable[[], ExperimentFailure | None]


class JobLevel:
    """Runs one level; `server_failure` and `watch` are asked all the while; see Benchmark.run_level. `model_name`
    is what the engine serves under, `bring_rest` fetches the rows that did not come through the log from the claim.
    A level that an earlier host has begun in the pod is not begun again."""

    def __init__(
        self,
        pod: JobPod,
        level: Level,
        task: Task,
        model_name: str,
        workers: int,
        scope: Scope,
        server_failure: ServerFailure,
        watch: LevelWatch | None,
        bring_rest: Callable[[], None],
    ) -> None:
        self._pod, self._level, self._task, self._workers = pod, level, task, workers
        self._model_name = model_name
        self._scope, self._server_failure, self._bring_rest = scope, server_failure, bring_rest
        pod.reports.look()
        self._left = pod.orders.take_left(level)
        samples, since = pod.reports.pieces.path, None if self._left is None else 0
        self._monitor = LevelMonitor(samples, level, watch, since)
        self._failure: ExperimentFailure | None = None
        self._notes: list[str] = []
        self._asked_at = math.inf

    def run(self) -> LevelRun:
        """Raises ExperimentFailure and Interrupted; the load has ended then, or is about to."""
        fork = self._left or self._begun()
        try:
            self._follow(fork)
        except BaseException:
            self._pod.orders.end(fork, kill=True)
            raise
        self._complete(fork)
        return self._result(fork)

    def _complete(self, fork: JobFork) -> None:
        """Rows that were lost on their way through the log are asked for once more: while its pod holds the claim, no
        other pod may be let to it. Where they do not come, they are brought from there."""
        pieces = self._pod.reports.pieces
        if not self._lacks_rows(fork):
            return

        def told() -> bool:
            self._pod.reports.look()
            return fork.whole is not None

        asked = self._pod.orders.ask_again(fork) and self._scope.wait_until(told, AGAIN_SECONDS, POLL_SECONDS)
        if not asked or fork.whole is None or not pieces.is_whole(fork.whole):
            self._bring_rest()

    def _lacks_rows(self, fork: JobFork) -> bool:
        """Whether the log has not brought all, or not that this is all; a level whose server died needs none."""
        pieces = self._pod.reports.pieces
        if self._failure is not None:
            return False
        return pieces.gap or not fork.gone or (fork.whole is not None and not pieces.is_whole(fork.whole))

    def _begun(self) -> JobFork:
        settings: dict[str, Any] = {"levels": [asdict(self._level)], "workers": self._workers}
        return self._pod.orders.begin(self._arguments(), settings, "warm_up" if self._level.warm_up else "")

    def _arguments(self) -> list[str]:
        """What is laid over OME's own: pairs of a flag and its value."""
        level = self._level
        words = [
            *(
                "--api-model-name",
                self._model_name,
                "--traffic-scenario",
                level.scenario,
                "--num-concurrency",
                str(level.concurrency),
            ),
            *("--max-time-per-run", str(whole_minutes(level.max_seconds))),
            *("--max-requests-per-run", str(level.max_requests), "--metrics-refresh-interval", "3600"),
        ]
        return [*words, *request_params(self._task.benchmark.additional_params)]

    def _follow(self, fork: JobFork) -> None:
        begun = time.monotonic()
        self._scope.wait_until(lambda: self._is_over(fork), self._level.max_seconds + WAY_SECONDS, POLL_SECONDS)
        if fork.gone:
            return
        if self._failure is not None:
            self._pod.orders.end(fork)
        elif self._pod.ended or self._pod.failure() is not None:
            raise self._pod.failure(now=True) or self._ended_early()
        else:
            self._notes.append(f"the load generator did not end by itself within {time.monotonic() - begun:.3g} s")
            self._pod.orders.end(fork, kill=True)
        self._scope.wait_until(lambda: self._look(fork), SAVE_SECONDS, POLL_SECONDS)

    def _look(self, fork: JobFork) -> bool:
        self._pod.reports.look()
        return fork.gone

    def _is_over(self, fork: JobFork) -> bool:
        """Also asks the level to end, the moment its watch knows enough: it then saves its data and ends by itself."""
        gone, enough = self._look(fork), self._monitor.knows_enough_now()
        if gone or self._server_died() or self._pod.ended or self._pod.failure() is not None:
            return True
        if enough:
            self._pod.orders.end(fork)
            self._asked_at = time.monotonic()
        return time.monotonic() > self._asked_at + WAY_SECONDS

    def _server_died(self) -> bool:
        if self._failure is None:
            self._failure = self._server_failure()
        return self._failure is not None

    def _result(self, fork: JobFork) -> LevelRun:
        run = self._monitor.result(died=self._failure is not None, notes=self._notes, workers=fork.size)
        if run is None:
            raise self._broken(fork)
        return run if self._left is None else replace(run, notes=(*run.notes, LEFT))

    def _ended_early(self) -> ExperimentFailure:
        return ExperimentFailure(
            FailureCause.BENCHMARK_FAILED,
            f"the load generator's pod of {self._pod.manifest.name} ended in the middle of a level",
            evidence=self._pod.tail(),
            cure="Its output is in benchmark.log.",
        )

    def _broken(self, fork: JobFork) -> ExperimentFailure:
        code = fork.status >> 8 or -(fork.status & 127)
        if code == EXIT_IO_ERROR:
            return not_written(f"the claim {self._pod.manifest.claim}", self._pod.tail())
        cure = "Its output is in benchmark.log."
        if code == -9:
            cure += " Signal 9 that nobody sent is the kernel's, out of memory: raise benchmark.resources."
        return ExperimentFailure(
            FailureCause.BENCHMARK_FAILED,
            f"the load generator of {self._pod.manifest.name} left with code {code} before the level had ended",
            evidence=self._pod.tail(),
            cure=cure,
        )
