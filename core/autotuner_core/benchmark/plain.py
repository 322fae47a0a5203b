"""One level by genai-bench's own command line: for a genai-bench that the launcher does not know."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from autotuner_core.benchmark.base import Level, LevelRun
from autotuner_core.benchmark.command import environment_of_plain, whole_minutes
from autotuner_core.benchmark.forked_level import POLL_SECONDS, LevelOrder
from autotuner_core.benchmark.level_files import LevelFileError, find_level_file, read_level_file
from autotuner_core.benchmark.log_tail import log_tail
from autotuner_core.control import Scope
from autotuner_core.deploy.process import ProcessGroup, start_group
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved
from autotuner_core.run.journal import Recorder

LOST = (
    "Lost by that: the same prompts for every configuration (no seed), times of single requests (figures are of whole "
    "levels, without ramp and end taken off, and no level ends early), time limits below a minute and exact request "
    "counts, several load generators, and 10 to 20 s per level. Such results are not compared with others."
)
NOTE = "measured by the plain genai-bench command line: no seed, no times of requests, whole minutes"

START_SECONDS = 60.0
"""What it may take to import and to begin; reports at its end are not waited for."""

_NOTHING_CAME = "No request metrics collected"


class PlainLevel:
    """Runs one level; see Benchmark.run_level."""

    def __init__(
        self,
        order: LevelOrder,
        python: str,
        recorder: Recorder,
        scope: Scope,
        server_failure: Callable[[], ExperimentFailure | None],
    ) -> None:
        self._order, self._python, self._recorder = order, python, recorder
        self._scope, self._server_failure = scope, server_failure

    def run(self, files: Path) -> LevelRun:
        """`files` is where genai-bench writes. Raises ExperimentFailure and Interrupted; the load has ended then."""
        level, resource = self._order.level, self._order.resources[0]
        self._recorder.record(ResourceIntended(**resource))
        try:
            group = start_group(
                [self._python, "-m", "genai_bench.cli.cli", "benchmark", *self._order.arguments],
                env=environment_of_plain(tokenizer_is_local=_is_local(self._order)),
                cwd=files,
                log=self._order.log,
                token=self._order.token,
            )
        except OSError:
            self._recorder.record(ResourceRemoved(**resource))
            raise
        try:
            self._recorder.record(ResourceCreated(**resource, pid=group.pid, started=group.started))
            self._wait(group, files, level)
        finally:
            group.stop(now=True)
            self._recorder.record(ResourceRemoved(**resource))
        return self._result(group, files)

    def _wait(self, group: ProcessGroup, files: Path, level: Level) -> None:
        def over() -> bool:
            return (
                group.poll() is not None
                or find_level_file(files, level) is not None
                or self._server_failure() is not None
            )

        seconds = 60.0 * whole_minutes(level.max_seconds) + START_SECONDS
        self._scope.wait_until(over, seconds, poll=2 * POLL_SECONDS)

    def _result(self, group: ProcessGroup, files: Path) -> LevelRun:
        level = self._order.level
        failure = self._server_failure()
        path = find_level_file(files, level)
        if path is not None:
            try:
                run = read_level_file(path, level, (NOTE,))
            except LevelFileError as error:
                raise ExperimentFailure(FailureCause.BENCHMARK_FAILED, str(error), retry=False) from error
            return run if failure is None else _died(level, run)
        tail = log_tail(self._order.log)
        if failure is not None:
            return _died(level, None)
        if any(_NOTHING_CAME in line for line in tail) or group.poll() in (None, -signal.SIGKILL):
            return LevelRun(level, (), 0.0, level.max_seconds, "time", timestamps=False, notes=(NOTE,))
        raise ExperimentFailure(
            FailureCause.BENCHMARK_FAILED,
            f"genai-bench left with exit code {group.poll()} and no result",
            evidence=tail,
            cure=f"Its output is in {self._order.log}.",
        )


def _died(level: Level, run: LevelRun | None) -> LevelRun:
    rows = run.rows if run is not None else ()
    return LevelRun(level, rows, 0.0, run.seconds if run else 0.0, "died", timestamps=False, notes=(NOTE,))


def _is_local(order: LevelOrder) -> bool:
    arguments = list(order.arguments)
    return Path(arguments[arguments.index("--model-tokenizer") + 1]).is_dir()
