"""Engines that misbehave under the real genai-bench, whose exit codes do not tell: each ends in the right verdict."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autotuner_core.benchmark.base import LevelRun
from autotuner_core.benchmark.warm_keeper import NAME
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.scoring.level import JudgedLevel, judge
from autotuner_core.scoring.verdict import Verdict
from autotuner_core.task.benchmark import Validity
from bench_rig import Bench
from misbehaving import Misbehaving

pytestmark = pytest.mark.genai_bench


def judged(run: LevelRun) -> JudgedLevel:
    # The load generator's own load is left out: on a busy test machine it would be the verdict.
    return judge(replace(run, client=None), validity=Validity(), slo={})


def level_of(bench: Bench, mode: str, *, max_seconds: float = 20.0, slots: int = 0, ttft: float = 0.01) -> LevelRun:
    with Misbehaving(mode, slots=slots, ttft=ttft, tpot=0.004) as server:
        return bench.run(server.url, concurrency=2, max_requests=60, max_seconds=max_seconds)


def test_a_healthy_engine_is_ok(bench: Bench) -> None:
    run = level_of(bench, "healthy")
    assert judged(run).verdict is Verdict.OK, judged(run).why


@pytest.mark.parametrize(
    ("mode", "verdict", "word"),
    [
        ("errors", Verdict.OVERLOADED, "internal error, as asked"),
        ("some_errors", Verdict.OVERLOADED, "internal error, as asked"),
        ("error_in_stream", Verdict.OVERLOADED, "the engine stumbled"),
        ("cut", Verdict.OVERLOADED, "error 500"),
        ("wrong_model", Verdict.REFUSED, "does not exist"),
        ("empty", Verdict.NO_OUTPUT, "no completion"),
        ("html", Verdict.NO_OUTPUT, "no completion"),
        ("plain_json", Verdict.NO_OUTPUT, "no completion"),
        ("not_streaming", Verdict.NOT_STREAMED, "does not stream"),
        ("wrong_length", Verdict.WRONG_LENGTH, "D(20,20) asks 20"),
    ],
)
def test_a_bad_answer_is_told_as_what_it_is(bench: Bench, mode: str, verdict: Verdict, word: str) -> None:
    run = level_of(bench, mode)
    result = judged(run)
    assert run.ended_by == "requests"  # not at the time limit: genai-bench alone would wait for it in some of these
    assert (result.verdict, word in result.why) == (verdict, True), result.why


def test_too_many_at_once_is_overload(bench: Bench) -> None:
    result = judged(level_of(bench, "overload", slots=1))
    assert (result.verdict, "503" in result.why) == (Verdict.OVERLOADED, True)


def test_an_engine_that_never_answers_costs_its_time_and_no_more(bench: Bench) -> None:
    run = level_of(bench, "hang", max_seconds=1.0)
    assert run.ended_by == "time"
    result = judged(run)
    assert (result.verdict, "answered none" in result.why) == (Verdict.NO_OUTPUT, True), result.why


def test_an_engine_too_slow_for_its_time_is_not_steady(bench: Bench) -> None:
    run = level_of(bench, "slow_first", max_seconds=1.5)
    assert judged(run).verdict is Verdict.NOT_STEADY


def test_no_server_at_all_is_unreachable(bench: Bench) -> None:
    with socket.socket() as bound:  # bound, not listening: refuses connections and stays ours
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(ExperimentFailure) as failure:
            bench.run(f"http://127.0.0.1:{bound.getsockname()[1]}", max_requests=20)
    assert failure.value.cause is FailureCause.ENDPOINT_UNREACHABLE
    assert "refused" in failure.value.message
    assert failure.value.evidence


@pytest.fixture
def dying(tmp_path: Path) -> Iterator[tuple[str, Callable[[], ExperimentFailure | None]]]:
    """An engine as a process of its own that exits with code 9 after 300 tokens, and what its deployer knows of it."""
    program = Path(__file__).parents[2] / "misbehaving.py"
    command = [sys.executable, str(program), "--mode", "dies", "--after", "300"]
    engine = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert engine.stdout is not None

    def failure() -> ExperimentFailure | None:
        code = engine.poll()
        return None if code is None else ExperimentFailure(FailureCause.CRASH, f"exit code {code}")

    try:
        yield engine.stdout.readline().split()[2], failure
    finally:
        engine.kill()
        engine.wait()
        engine.stdout.close()


def test_an_engine_that_dies_in_the_middle_has_died(
    bench: Bench, dying: tuple[str, Callable[[], ExperimentFailure | None]]
) -> None:
    url, failure = dying
    run = bench.run(url, max_requests=100_000, max_seconds=60, server_failure=failure)
    assert run.ended_by == "died"
    assert sum(row.error is None and row.end is not None for row in run.rows) >= 10
    assert judged(run).verdict is Verdict.CUT


def test_a_death_comes_before_the_errors_it_made(
    bench: Bench, dying: tuple[str, Callable[[], ExperimentFailure | None]]
) -> None:
    # So few requests that the refused ones after the death end the level, before its deployer has seen the death.
    url, failure = dying
    seen: list[float] = []

    def seen_late() -> ExperimentFailure | None:
        if failure() is None:
            return None
        seen.append(time.monotonic())
        return failure() if seen[-1] - seen[0] > 0.4 else None

    run = bench.run(url, max_requests=20, server_failure=seen_late)
    assert sum(row.error is not None for row in run.rows) > 2
    assert run.ended_by == "died"


def test_a_server_that_vanishes_unseen_is_unreachable(
    bench: Bench, dying: tuple[str, Callable[[], ExperimentFailure | None]]
) -> None:
    with pytest.raises(ExperimentFailure) as failure:
        bench.run(dying[0], max_requests=200)
    assert failure.value.cause is FailureCause.ENDPOINT_UNREACHABLE


def test_a_call_that_genai_bench_refuses_is_a_failure_with_its_words(bench: Bench) -> None:
    with Misbehaving() as server, pytest.raises(ExperimentFailure) as failure:
        bench.run(server.url, scenario="X(1,2)")
    assert failure.value.cause is FailureCause.BENCHMARK_FAILED
    assert "exit code 2" in failure.value.message
    assert any("X(1,2)" in line for line in failure.value.evidence)


def test_a_full_disk_is_told_as_one(bench: Bench) -> None:
    warm = int([event.pid for event in bench.recorder.of("ResourceCreated") if event.name == NAME][-1])
    before = resource.prlimit(warm, resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
    try:
        with Misbehaving() as server, pytest.raises(ExperimentFailure) as failure:
            bench.run(server.url, scenario="D(20,100)", max_requests=1000)
    finally:
        resource.prlimit(warm, resource.RLIMIT_FSIZE, before)
    assert failure.value.cause is FailureCause.STORAGE_FULL
    assert "samples.jsonl" in failure.value.message
