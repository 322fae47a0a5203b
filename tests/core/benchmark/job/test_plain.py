"""A BenchmarkJob that runs by itself: what ends it before its files are whole is told, and not what they lack."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.job.plain import PlainJob
from autotuner_core.control import Control, Scope
from autotuner_core.failures import ExperimentFailure, FailureCause

LEVEL = Level(1, "D(10,10)", 1, 60.0, 10, 0)


class Pod:
    """What is known of the pod of a job, of which nothing is announced."""

    def __init__(self, failure: ExperimentFailure | None, *, ended: bool) -> None:
        self._failure, self.ended = failure, ended
        self.reports = SimpleNamespace(look=lambda: None, listening=None)
        self.manifest, self.seen = SimpleNamespace(name="bench"), SimpleNamespace(state="Running")
        self.exit_code = None

    def failure(self, *, now: bool = False) -> ExperimentFailure | None:
        return self._failure

    def tail(self) -> tuple[str, ...]:
        return ()


def run(pod: Pod, folder: Path) -> None:
    parts = SimpleNamespace(measured=(LEVEL,))
    plain = PlainJob(cast(Any, parts), cast(Any, pod), folder, lambda: None)
    plain.run_level(LEVEL, Scope(Control()), lambda: None)


@pytest.mark.parametrize("ended", [True, False])
def test_a_node_or_a_pod_that_is_taken_away_is_told_and_not_the_result_that_is_missing(
    ended: bool, tmp_path: Path
) -> None:
    lost = ExperimentFailure(FailureCause.NODE_LOST, "the node is lost")
    with pytest.raises(ExperimentFailure) as told:
        run(Pod(lost, ended=ended), tmp_path)
    assert told.value is lost


def test_a_job_that_ended_without_a_result_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(ExperimentFailure, match="without a result") as told:
        run(Pod(None, ended=True), tmp_path)
    assert told.value.cause is FailureCause.BENCHMARK_FAILED
