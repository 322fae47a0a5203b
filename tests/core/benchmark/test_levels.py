"""Levels of load against a server that behaves: what is measured, and that it is the same for every configuration."""

from __future__ import annotations

import json
import os
import signal
import statistics
import threading

import psutil
import pytest

from autotuner_core.benchmark.base import Endpoint, Level
from autotuner_core.benchmark.samples import read_samples
from autotuner_core.control import Control, Interrupted, Interruption
from autotuner_core.run.events import ResourceCreated
from autotuner_core.run.processes import same_process
from bench_rig import Bench
from misbehaving import Misbehaving
from waiting import wait_for

pytestmark = pytest.mark.genai_bench


def test_every_request_is_a_row_with_its_times(bench: Bench) -> None:
    with Misbehaving(ttft=0.05, tpot=0.005) as server:
        run = bench.run(server.url, concurrency=2, max_requests=10)
    whole = [row for row in run.rows if row.end is not None]
    assert run.ended_by == "requests"
    assert len(whole) == 10
    for row in whole:
        assert row.error is None
        assert (row.output_tokens, len(row.chunks)) == (20, 20)
        assert row.start is not None and row.first_token is not None and row.end is not None
        assert run.started <= row.start < row.first_token == row.chunks[0] < row.chunks[-1] <= row.end <= run.ended
        assert list(row.chunks) == sorted(row.chunks)
    # The server sends the first token after 50 ms and each further one 5 ms later: never sooner.
    first_tokens = [row.first_token - row.start for row in whole if row.first_token and row.start]
    assert min(first_tokens) >= 0.049
    assert statistics.median(row.chunks[-1] - row.chunks[0] for row in whole) >= 19 * 0.005 * 0.98


def test_requests_cut_at_the_end_are_rows_too(bench: Bench) -> None:
    with Misbehaving(ttft=0.01, tpot=0.02) as server:
        run = bench.run(server.url, scenario="D(20,2000)", concurrency=3, max_requests=100, max_seconds=2.0)
    assert run.ended_by == "time"
    assert [row.end for row in run.rows] == [None] * 3
    for row in run.rows:
        assert 0 < row.output_tokens == len(row.chunks) < 2000
        assert max(row.chunks) <= run.ended


def test_limits_are_exact(bench: Bench) -> None:
    with Misbehaving(ttft=0.001, tpot=0.0005) as server:
        counted = bench.run(server.url, concurrency=8, max_requests=37)
        timed = bench.run(server.url, concurrency=2, max_requests=10_000, max_seconds=0.7)
    assert sum(row.end is not None for row in counted.rows) == 37
    assert timed.ended_by == "time"  # of a part of a minute, though genai-bench itself counts whole ones


def sent_with(bench: Bench, seed: int, ttft: float) -> tuple[list[str], list[int]]:
    """The prompts, and the lengths asked of the outputs, in the order in which they were sent."""
    with Misbehaving(ttft=ttft) as server:
        bench.run(server.url, scenario="N(30,10)/(12,3)", concurrency=1, max_requests=12, seed=seed)
        return server.prompts[:12], [payload["max_tokens"] for payload in server.payloads[:12]]


def test_a_seed_gives_the_same_requests_in_the_same_order(bench: Bench) -> None:
    slow, quick, other = sent_with(bench, 7, 0.02), sent_with(bench, 7, 0.001), sent_with(bench, 8, 0.001)
    assert slow == quick
    assert len(set(slow[0])) > 6 and len(set(slow[1])) > 3
    assert slow[0] != other[0]
    assert slow[1] != other[1]


def test_the_prompts_are_the_same_with_many_clients(bench: Bench) -> None:
    # Clients race each other to the server, so only the set is compared: the sequence is drawn one by one.
    sent = []
    for ttft in (0.03, 0.002):
        with Misbehaving(ttft=ttft) as server:
            run = bench.run(server.url, scenario="N(30,10)/(12,3)", concurrency=4, max_requests=12, seed=3)
            started = len(run.rows)
            sent.append(sorted(server.prompts[: min(started, 12)]))
    assert sent[0] == sent[1]


def test_two_levels_at_once_do_not_mix(bench: Bench) -> None:
    with Misbehaving(ttft=0.01) as one, Misbehaving(ttft=0.01) as two:
        runs = {}

        def level(name: str, url: str, requests: int) -> None:
            runs[name] = bench.run(url, concurrency=2, max_requests=requests)

        threads = [threading.Thread(target=level, args=("one", one.url, 9)) for _ in range(1)]
        threads.append(threading.Thread(target=level, args=("two", two.url, 14)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sum(row.end is not None for row in runs["one"].rows) == 9
    assert sum(row.end is not None for row in runs["two"].rows) == 14


def test_genai_benchs_own_files_are_whole_and_of_all_levels(bench: Bench) -> None:
    folder = bench.attempt()
    with Misbehaving() as server:
        for index, concurrency in ((0, 2), (1, 1), (2, 3)):
            bench.run(server.url, concurrency=concurrency, max_requests=6, index=index, folder=folder)
    experiment = int(folder.parent.name.removeprefix("exp"))
    files = bench.folder.benchmark_files(experiment, 1)
    levels = [json.loads(path.read_text())["aggregated_metrics"] for path in files.glob("D20_20_*_time_*.json")]
    assert sorted(level["num_concurrency"] for level in levels) == [1, 3]
    assert all(level["num_requests"] == 6 for level in levels)
    metadata = json.loads((files / "experiment_metadata.json").read_text())
    assert metadata["num_concurrency"] == [1, 3]
    assert (metadata["traffic_scenario"], metadata["benchmark_version"]) == (["D(20,20)"], "0.0.5")
    log = (folder / "benchmark.log").read_text()
    assert "has finished after" in log and "whole experiment has finished" not in log  # it left before the reports
    assert not list(files.rglob("*.png")) and not list(files.rglob("*.part"))
    assert sorted(read_samples(folder / "samples.jsonl")) == [0, 1, 2]


def test_the_load_generators_own_load_is_told(bench: Bench) -> None:
    with Misbehaving(ttft=0.02, tpot=0.002) as server:
        run = bench.run(server.url, max_requests=1000, max_seconds=1.7)
    assert run.client is not None
    assert 0 < run.client.cpu_share < 1
    assert 0 <= run.client.lag_median <= run.client.lag_worst


def test_an_interrupted_level_leaves_no_load_generator(bench: Bench) -> None:
    control = Control()
    with Misbehaving(ttft=0.02, tpot=0.01) as server:
        failures = []

        def level() -> None:
            try:
                bench.run(server.url, scenario="D(20,50)", max_requests=1000, max_seconds=60, scope=control.scope(1))
            except Interrupted as interrupted:
                failures.append(interrupted.interruption)

        thread = threading.Thread(target=level)
        thread.start()
        wait_for(lambda: server.requests > 2, what="requests")
        forked = bench.load_generator()
        assert same_process(forked.pid, forked.started)
        control.skip(1)
        thread.join(20)
        assert failures == [Interruption.SKIP]
        assert not same_process(forked.pid, forked.started)
        removed = [event.name for event in bench.recorder.of("ResourceRemoved")]
        assert forked.name in removed


def test_what_is_started_is_recorded_before_and_after(bench: Bench) -> None:
    with Misbehaving() as server:
        folder = bench.attempt()
        run = bench.run(server.url, max_requests=4, folder=folder)
    name = f"genai-bench {folder.parent.name} attempt1 level1"
    steps = [e for e in bench.recorder.of("ResourceIntended", "ResourceCreated", "ResourceRemoved") if e.name == name]
    assert [step.type for step in steps] == ["ResourceIntended", "ResourceCreated", "ResourceRemoved"]
    assert isinstance(steps[1], ResourceCreated) and steps[1].pid and not psutil.pid_exists(steps[1].pid)
    assert run.rows


def test_a_level_asked_to_end_early_keeps_its_data(bench: Bench) -> None:
    runs = []
    with Misbehaving(ttft=0.01) as server:
        thread = threading.Thread(
            target=lambda: runs.append(bench.run(server.url, max_requests=10_000, max_seconds=60))
        )
        thread.start()
        wait_for(lambda: server.requests > 6, what="requests")
        forked = bench.load_generator()
        os.kill(forked.pid, signal.SIGUSR1)
        thread.join(20)
    assert runs[0].ended_by == "asked"
    assert sum(row.end is not None for row in runs[0].rows) > 2


def test_a_series_of_levels_is_one_call_and_its_genai_bench_files_can_be_removed_alone(bench: Bench) -> None:
    """The controller as the architecture document has it, for who brings no series of his own."""
    folder, scope = bench.attempt(), bench.scope()
    levels = [Level(index, "D(20,20)", index, 20.0, 6, 1) for index in (1, 2)]
    with Misbehaving() as server:
        runs = bench.controller.run_benchmark(levels, Endpoint(server.url, "tiny"), folder, scope, lambda: None)
    assert [(run.level.index, sum(row.end is not None for row in run.rows)) for run in runs] == [(1, 6), (2, 6)]
    files = bench.folder.benchmark_files(int(folder.parent.name.removeprefix("exp")), 1)
    assert list(files.glob("D20_20_*_time_*.json"))
    bench.controller.cleanup_results(folder)
    assert not files.exists() and (folder / "samples.jsonl").exists()
