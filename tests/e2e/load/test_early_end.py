"""Levels that end when they know enough, with the real load generator: they end by themselves, and what was measured
until then is whole."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from functools import partial

import pytest

from autotuner_core.benchmark import forked_level
from autotuner_core.benchmark.base import RequestRow, SoFar
from autotuner_core.scoring.early_end import EarlyEnd
from autotuner_core.scoring.level import judge
from autotuner_core.scoring.verdict import Verdict
from bench_rig import Bench
from early_loop import Rules
from misbehaving import Misbehaving
from waiting import wait_for

pytestmark = pytest.mark.genai_bench


def test_a_level_with_precision_ends_as_soon_as_its_figure_is_known(bench: Bench) -> None:
    watch = partial(EarlyEnd, metric="e2e_latency.mean", precision=0.3, slo={"ttft.mean": 5.0}, validity=Rules())
    with Misbehaving(ttft=0.02, tpot=0.002) as server:
        run = bench.run(server.url, max_requests=20_000, max_seconds=120.0, watch=watch)
    assert run.ended_by == "precision"
    assert 46 <= sum(row.end is not None for row in run.rows) < 20_000
    level = judge(run, validity=Rules(), slo={"ttft.mean": 5.0})
    assert level.verdict is Verdict.OK, level.why
    assert level.figures.number("half_width.e2e_latency.mean") > 0


def test_a_level_with_a_hopeless_slo_ends_and_has_missed_it(bench: Bench) -> None:
    watch = partial(EarlyEnd, metric="output_throughput", precision=None, slo={"ttft.p90": 0.001}, validity=Rules())
    with Misbehaving(ttft=0.05, tpot=0.002) as server:
        run = bench.run(server.url, max_requests=600, max_seconds=120.0, watch=watch)
    ended = sum(row.end is not None for row in run.rows)
    assert (run.ended_by, ended < 600) == ("slo", True), ended
    level = judge(run, validity=Rules(), slo={"ttft.p90": 0.001})
    assert level.verdict is Verdict.SLO_MISSED
    assert "ttft.p90" in level.why


class OnDemand:
    """A watch that knows enough when the test says so."""

    def __init__(self) -> None:
        self.enough = threading.Event()

    def look(self, rows: Sequence[RequestRow], so_far: SoFar) -> str | None:
        return "precision" if self.enough.is_set() else None


def test_a_load_generator_that_does_not_end_when_asked_is_killed_and_what_it_measured_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after the whole time that the level was allowed: a hang would cost what the early end was to save."""
    monkeypatch.setattr(forked_level, "SLACK_SECONDS", 1.0)
    watch, results = OnDemand(), []
    limits = {"max_requests": 10_000, "max_seconds": 3600.0, "watch": lambda level: watch}
    with Misbehaving() as server:
        thread = threading.Thread(target=lambda: results.append(bench.run(server.url, **limits)))
        thread.start()
        wait_for(lambda: server.requests > 10, what="requests")
        os.kill(bench.load_generator().pid or 0, signal.SIGSTOP)
        watch.enough.set()
        thread.join(120)
    assert [run.ended_by for run in results] == ["precision"]
    assert "killed" in results[0].notes[0]
    assert sum(row.end is not None for row in results[0].rows) > 5
