"""A level that several load generators share is one measurement: nothing is counted twice, missed, or left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.level_files import find_level_file, read_level_file
from autotuner_core.benchmark.warm_keeper import NAME
from autotuner_core.control import Control, Interrupted, Interruption
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.events import ResourceCreated
from autotuner_core.scoring.early_end import EarlyEnd
from autotuner_core.scoring.level import judge
from autotuner_core.scoring.verdict import Verdict
from autotuner_core.scoring.window import most_in_flight
from autotuner_core.task.benchmark import Validity
from bench_rig import Bench, bench_in, in_background, task_of
from misbehaving import Misbehaving
from quick_engine import quick_engine
from waiting import wait_for

pytestmark = pytest.mark.genai_bench

WORKERS = 3


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, tokenizer: Path) -> Iterator[Bench]:
    """A controller whose levels are shared by three load generators."""
    made = bench_in(tmp_path_factory.mktemp("shared"), task_of(tokenizer, num_workers=WORKERS, num_concurrency=[16]))
    try:
        made.controller.prepare(made.scope())
        yield made
    finally:
        made.controller.close()


def load_generators(bench: Bench) -> list[ResourceCreated]:
    """The processes of the level under way, once all are recorded."""

    def under_way() -> list[ResourceCreated]:
        removed = len(bench.recorder.of("ResourceRemoved"))
        found: list[ResourceCreated] = bench.recorder.of("ResourceCreated")[1 + removed :]
        return found if len(found) == WORKERS else []

    return wait_for(under_way, what="load generators")


def lines_of(folder: Path, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    return [line for line in lines if line["kind"] == kind]


def test_the_cap_is_exact_and_the_concurrency_the_asked_one(shared: Bench) -> None:
    folder = shared.attempt()
    with Misbehaving(ttft=0.05, tpot=0.002) as server:
        run = shared.run(server.url, concurrency=7, max_requests=38, folder=folder)
    assert (run.ended_by, run.workers) == ("requests", WORKERS)
    assert sum(row.end is not None for row in run.rows) == 38
    assert most_in_flight(run) == 7
    assert all(row.end is None or row.end <= run.ended for row in run.rows)
    (header,), (end,) = lines_of(folder, "level"), lines_of(folder, "level_end")
    assert (header["concurrency"], header["workers"], end["ended_by"]) == (7, WORKERS, "requests")


def test_a_limit_of_time_ends_all_at_one_moment(shared: Bench) -> None:
    folder = shared.attempt()
    with Misbehaving(ttft=0.02, tpot=0.004) as server:
        run = shared.run(server.url, scenario="D(20,5000)", concurrency=6, max_seconds=4, folder=folder)
    assert run.ended_by == "time"
    assert [row.end for row in run.rows] == [None] * 6
    assert max(max(row.chunks, default=0.0) for row in run.rows) <= run.ended
    assert {tick["worker"] for tick in lines_of(folder, "tick")} == set(range(WORKERS))
    assert run.client is not None


def test_genai_benchs_own_file_is_one_and_of_all_requests(shared: Bench) -> None:
    folder = shared.attempt()
    with Misbehaving(ttft=0.02, tpot=0.002) as server:
        run = shared.run(server.url, concurrency=5, max_requests=23, folder=folder)
    files = shared.folder.benchmark_files(int(folder.parent.name.removeprefix("exp")), 1)
    level = Level(1, "D(20,20)", 5, 20.0, 23, 1)
    found = find_level_file(files, level)
    assert found is not None and len(list(files.glob("D20_20_*.json"))) == 1
    plain = read_level_file(found, level)
    assert len(plain.rows) == 23
    ttfts = sorted(
        round(row.first_token - row.start, 3) for row in run.rows if row.end and row.first_token and row.start
    )
    assert sorted(round(row.ttft or 0.0, 3) for row in plain.rows) == pytest.approx(ttfts, abs=0.01)


def test_the_prompts_are_those_that_one_load_generator_sends(bench: Bench, shared: Bench) -> None:
    sent = []
    for each in (bench, shared):
        with Misbehaving(ttft=0.01) as server:
            run = each.run(server.url, scenario="N(30,10)/(12,3)", concurrency=3, max_requests=24, seed=5)
            sent.append((len(run.rows), [(p["max_tokens"], p["messages"][-1]["content"]) for p in server.payloads]))
    fewest = min(number for number, _ in sent)
    assert fewest >= 24
    # Those under way at the end may be one or two more with one than with the other.
    one, several = (set(wanted) for _, wanted in sent)
    assert len(one & several) >= 24 and len(one ^ several) <= 4


def test_one_that_is_killed_fails_the_level_and_takes_the_others_with_it(shared: Bench) -> None:
    with Misbehaving() as server:
        thread, results = in_background(shared, server.url, concurrency=6, max_requests=100_000, max_seconds=60)
        processes = load_generators(shared)
        wait_for(lambda: server.requests > 10, what="requests")
        os.kill(int(processes[1].pid or 0), signal.SIGKILL)
        thread.join(120)
    assert isinstance(results[0], ExperimentFailure)
    assert results[0].cause is FailureCause.BENCHMARK_FAILED
    assert "signal 9" in results[0].message
    assert not any(psutil.pid_exists(int(process.pid or 0)) for process in processes)


def test_a_warm_process_that_is_killed_takes_all_with_it_and_the_level_is_repeated(shared: Bench) -> None:
    with Misbehaving(ttft=0.02) as server:
        thread, results = in_background(shared, server.url, concurrency=6, max_requests=100)
        processes = load_generators(shared)
        wait_for(lambda: server.requests > 10, what="requests")
        os.kill(int(shared.recorder.of("ResourceCreated")[0].pid), signal.SIGKILL)
        thread.join(120)
    assert sum(row.end is not None for row in results[0].rows) == 100, results
    assert not any(psutil.pid_exists(int(process.pid or 0)) for process in processes)


def test_the_warm_process_keeps_nothing_of_its_levels(shared: Bench) -> None:
    states = []
    with Misbehaving(ttft=0.001, tpot=0.0002) as server:
        for _ in range(10):
            shared.run(server.url, concurrency=6, max_requests=8)
            warm = [e.pid for e in shared.recorder.of("ResourceCreated") if e.name == NAME][-1]
            states.append((psutil.Process(warm).num_fds(), psutil.Process(warm).children()))
    assert states == [(states[0][0], [])] * 10


def test_an_interruption_ends_all(shared: Bench) -> None:
    control = Control()
    with Misbehaving() as server:
        thread, results = in_background(
            shared, server.url, concurrency=6, max_requests=100_000, max_seconds=60, scope=control.scope(1)
        )
        processes = load_generators(shared)
        wait_for(lambda: server.requests > 10, what="requests")
        control.stop(Interruption.STOP)
        thread.join(120)
    assert isinstance(results[0], Interrupted)
    assert not any(psutil.pid_exists(int(process.pid or 0)) for process in processes)


@pytest.fixture(params=[0, 2], ids=["a machine at rest", "a busy machine"])
def machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Beside the level so many processes use all the time they get."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(request.param)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@pytest.mark.usefixtures("machine")
def test_an_engine_quicker_than_the_load_generator_is_not_blamed(bench: Bench) -> None:
    with quick_engine() as url:
        run = bench.run(url, scenario="D(20,500)", concurrency=32, max_requests=100_000, max_seconds=3)
    result = judge(run, validity=Validity(), slo={})
    assert result.verdict is Verdict.CLIENT_BOUND, (result.why, run.client)
    # Which of its two reasons comes first, its work or how late it came to things, is the machine's.
    assert len(result.evidence) == 2


@pytest.mark.usefixtures("machine")
def test_a_load_generator_that_keeps_up_is_not_blamed(bench: Bench) -> None:
    with quick_engine(tokens_per_second=100) as url:
        run = bench.run(url, scenario="D(20,50)", concurrency=4, max_requests=100_000, max_seconds=3)
    # How late the scheduler lets it come is the machine's, which a test does not know.
    assert run.client is not None
    result = judge(replace(run, client=replace(run.client, lag_median=0.0)), validity=Validity(), slo={})
    assert result.verdict is not Verdict.CLIENT_BOUND, (result.why, run.client)


def test_all_of_them_end_when_the_level_knows_enough(shared: Bench) -> None:
    watch = partial(EarlyEnd, metric="output_throughput", precision=None, slo={"ttft.p50": 0.001}, validity=Validity())
    with Misbehaving(ttft=0.05, tpot=0.002) as server:
        run = shared.run(server.url, concurrency=7, max_requests=800, max_seconds=120.0, watch=watch)
    assert (run.ended_by, run.workers) == ("slo", WORKERS)
    assert 400 <= sum(row.end is not None for row in run.rows) < 800
    assert judge(run, validity=Validity(), slo={"ttft.p50": 0.001}).verdict is Verdict.SLO_MISSED
