"""A level in a BenchmarkJob's pod whose ways break: the orders to it, and the log from it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.base import Level, LevelRun
from autotuner_core.benchmark.job import level as job_level
from autotuner_core.benchmark.job.level import JobLevel
from autotuner_core.benchmark.job.reports import SAMPLES, JobFork
from autotuner_core.control import Control, Scope
from autotuner_core.failures import ExperimentFailure, FailureCause
from misbehaving import Misbehaving
from pod_process import PodProcess
from waiting import wait_for

pytestmark = pytest.mark.genai_bench

ENDLESS = Level(1, "D(20,20)", 4, 600.0, 100_000, 1, warm_up=False)
SHORT = Level(2, "D(20,20)", 2, 20.0, 30, 2, warm_up=False)
LOST = ExperimentFailure(FailureCause.PORT_FORWARD_LOST, "the way is lost")


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving(tpot=0.002) as server:
        yield server


class Unheard(PodProcess):
    """A pod to which the order to end a level does not get through."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.forks: list[JobFork] = []

    def begin(self, *words: Any) -> JobFork:
        self.forks.append(super().begin(*words))
        return self.forks[-1]

    def end(self, fork: JobFork, *, kill: bool = False) -> bool:
        return False


def run(
    pod: PodProcess,
    level: Level,
    failure: Callable[[], ExperimentFailure | None] = lambda: None,
    bring_rest: Callable[[], None] = lambda: pytest.fail("rows were lost on the way"),
) -> LevelRun:
    scope = Scope(Control())
    return JobLevel(pod, level, pod.task, "tiny", 1, scope, failure, None, bring_rest).run()  # type: ignore[arg-type]


def test_a_level_that_could_not_be_told_to_end_does_not_load_the_engine_beside_the_next(
    server: Misbehaving, tokenizer: Path, tmp_path: Path
) -> None:
    pod = Unheard(tmp_path, server.url, tokenizer, [ENDLESS, SHORT])
    try:
        wait_for(pod.listens, 120)
        assert run(pod, ENDLESS, lambda: LOST if server.payloads else None).ended_by == "died"
        assert not pod.forks[0].gone
        counted = run(pod, SHORT)
    finally:
        pod.close()
    assert pod.forks[0].status == signal.SIGKILL and pod.forks[1].status == 0
    assert [row.error for row in counted.rows if row.end is not None] == [None] * 30


def test_rows_of_a_level_that_fell_silent_come_from_the_claim(
    server: Misbehaving, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_level, "WAY_SECONDS", -8.0)  # of the level's 20 s, 12 are waited for
    monkeypatch.setattr(job_level, "AGAIN_SECONDS", 1.0)
    pod = PodProcess(tmp_path, server.url, tokenizer, [SHORT])
    try:
        wait_for(pod.listens, 120)
        pod.reports.look = lambda: None  # type: ignore[method-assign]

        def bring_rest() -> None:
            pod.reports.pieces.append((pod.files / SAMPLES).read_bytes())

        brought = run(pod, SHORT, bring_rest=bring_rest)
    finally:
        pod.close()
    assert brought.ended_by == "requests"
    assert [row.error for row in brought.rows if row.end is not None] == [None] * 30
