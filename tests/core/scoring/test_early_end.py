"""Levels that end when they know enough: a wrong end is a wrong result, and a late one is GPU time for nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotuner_core.benchmark.base import ClientLoad, Level, LevelRun, RequestRow
from autotuner_core.benchmark.so_far import run_until
from autotuner_core.scoring.early_end import EarlyEnd
from autotuner_core.scoring.figures import figures_of
from autotuner_core.scoring.level import judge
from autotuner_core.scoring.settled import Settled
from autotuner_core.scoring.slo import excesses
from autotuner_core.scoring.verdict import Verdict
from autotuner_core.scoring.wanted import fewest_requests
from autotuner_core.scoring.window import held_window
from closed_loop import Loop
from early_loop import DriftingLoop, Rules, cut_at, play, watch_of

SPREAD = (0.02, 0.3)


def ended_rows(run: LevelRun) -> list[RequestRow]:
    return sorted((row for row in run.rows if row.end is not None), key=lambda row: row.end or 0.0)


# ---- what is settled


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(0, 10**6), st.floats(0.0, 0.3))
def test_what_is_called_settled_is_in_the_window_in_the_end(clients: int, seed: int, errors: float) -> None:
    run = Loop(clients, 60, ttft=(0.01, 1.0), errors=errors, error_seconds=0.3, ramp=0.2, seed=seed).run()
    stretch, window = Settled(clients), held_window(run)
    for row in ended_rows(run):
        for settled in stretch.take([row]):
            assert window is not None and settled.end is not None and window.holds(settled.end)


def test_a_straggler_holds_back_what_it_may_still_change() -> None:
    """Its client shows nothing all the while: what the others did beside it is not yet known in full."""
    beside = [RequestRow(1, 1, start=float(n), first_token=n + 0.5, end=n + 0.9) for n in range(20)]
    stretch = Settled(2)
    assert [row for each in beside for row in stretch.take([each])] == []
    later = [RequestRow(1, 1, start=21.0 + n, first_token=22.0, end=30.0 + n) for n in range(3)]
    assert stretch.take([RequestRow(1, 1, start=0.0, first_token=1.0, end=20.5), *later])[:20] == beside


# ---- a lost SLO


@dataclass
class TurningLoop(Loop):
    """A loop that does something else from a moment on: what is under way then, and all that follows, is drawn anew."""

    turn: float = float("inf")
    then: random.Random | None = None
    quick: float = 0.01
    then_errors: float = 0.0

    def _request(self, now: float, draw: random.Random) -> RequestRow:
        row = super()._request(now, draw)
        assert row.end is not None
        if row.end <= self.turn or self.then is None or not row.chunks:
            return row
        return self._anew(row, max(now, self.turn))

    def _anew(self, row: RequestRow, now: float) -> RequestRow:
        assert self.then is not None
        end = now + self.then.uniform(1e-6, self.quick)
        if self.then.random() < self.then_errors:
            return replace(row, output_tokens=0, first_token=None, end=end, chunks=(), error=503)
        kept = [chunk for chunk in row.chunks if chunk <= self.turn]
        chunks = [*kept, *(self.then.uniform(now, end) for _ in range(len(row.chunks) - len(kept)))]
        return replace(row, first_token=min(chunks), end=end, chunks=tuple(sorted(chunks)))


@settings(deadline=None, max_examples=150)
@given(
    clients=st.integers(1, 6),
    cap=st.integers(2, 120),
    limit=st.sampled_from(
        ("ttft.p95", "ttft.p50", "ttft.mean", "ttft.max", "ttft.min", "tpot.p90", "e2e_latency.mean", "e2e_latency.p99")
    ),
    tightness=st.floats(0.1, 1.2),
    seed=st.integers(0, 10**6),
    quick=st.floats(1e-5, 2.0),
    then_errors=st.sampled_from((0.0, 0.0, 0.5)),
    more_seconds=st.sampled_from((0.0, 0.01, 1.0, 1e6)),
)
def test_a_slo_that_is_called_lost_is_missed_whatever_follows(
    clients: int, cap: int, limit: str, tightness: float, seed: int, quick: float, then_errors: float,
    more_seconds: float,
) -> None:  # fmt: skip
    level = {"concurrency": clients, "max_requests": cap, "ttft": SPREAD, "seed": seed, "errors": 0.02}
    begun = Loop(**level).run()  # type: ignore[arg-type]
    value = figures_of(begun, slo={}).get(limit)
    if value is None:
        return
    slo = {limit: value * tightness}
    ended = play(begun, watch_of(begun, "e2e_latency.mean", None, slo))
    if ended.ended_by != "slo":
        return
    then = random.Random(seed + 1)
    turned = TurningLoop(**level, turn=ended.ended, then=then, quick=quick, then_errors=then_errors)  # type: ignore[arg-type]
    turned.max_seconds = ended.ended - turned.start_at + more_seconds
    final = replace(turned.run(), level=begun.level)
    assert excesses(figures_of(final, slo=slo).values, slo)
    assert judge(final, validity=Rules(), slo=slo).verdict is not Verdict.OK
    assert judge(ended, validity=Rules(), slo=slo).verdict is Verdict.SLO_MISSED


@pytest.mark.parametrize("limit", ["ttft.p95", "ttft.mean", "ttft.max", "e2e_latency.p50"])
def test_a_hopeless_level_ends_long_before_its_cap(limit: str) -> None:
    run = Loop(4, 400, ttft=SPREAD).run()
    ended = play(run, watch_of(run, "output_throughput", None, {limit: 0.02}))
    assert ended.ended_by == "slo"
    assert ended.seconds < 0.6 * run.seconds


@pytest.mark.parametrize("slo", [{"ttft.p95": 0.35}, {"itl.p99": 0.0001}, {"output_throughput": 1.0}, {}])
def test_a_level_whose_slo_is_not_proved_lost_runs_on(slo: dict[str, float]) -> None:
    run = Loop(4, 200, ttft=SPREAD).run()
    assert play(run, watch_of(run, "output_throughput", None, slo)) is run


def test_an_overloaded_level_is_not_taken_for_one_that_only_missed_its_slo() -> None:
    run = Loop(4, 200, ttft=SPREAD, errors=0.3).run()
    ended = play(run, watch_of(run, "output_throughput", 0.5, {"ttft.p50": 0.001}))
    assert judge(ended, validity=Rules(), slo={"ttft.p50": 0.001}).verdict is Verdict.OVERLOADED


# ---- precision


@pytest.mark.parametrize("metric", ["output_throughput", "goodput_per_gpu", "e2e_latency.mean", "ttft.p95", "tpot.p50"])
def test_a_level_ends_when_its_figure_is_known(metric: str) -> None:
    run = Loop(4, 3000, ttft=(0.1, 0.2)).run()
    ended = play(run, watch_of(run, metric, 0.05))
    assert ended.ended_by == "precision"
    assert ended.seconds < 0.5 * run.seconds
    figures = figures_of(ended, slo={}, gpu_count=1)
    value = figures.get(metric)
    assert value is not None and figures.number(f"half_width.{metric}") < 0.06 * value
    assert judge(ended, validity=Rules(), slo={}).verdict is Verdict.OK


@pytest.mark.parametrize("metric", ["itl.p99", "ttft.max", "ttft.stddev", "error_rate"])
def test_a_level_runs_on_where_nobody_can_tell_how_sure_its_figure_is(metric: str) -> None:
    run = Loop(4, 300).run()
    assert play(run, watch_of(run, metric, 0.9)) is run


def test_a_level_never_ends_before_its_least_number_of_requests() -> None:
    """However even the requests are: the limits of the SLO want to be sure as well."""
    even = Loop(4, 600, ttft=(0.1, 0.1), tpot=(0.01, 0.01)).run()
    for slo, least in (({}, 40), ({"ttft.p95": 1.0}, 200), ({"ttft.p99": 1.0}, 1000)):
        assert fewest_requests(even.level, ["output_throughput", *slo], Rules()) == least
        ended = play(even, watch_of(even, "output_throughput", 0.5, slo))
        assert sum(row.end is not None for row in ended.rows) >= min(least, 600)
    assert ended.seconds >= 10.0
    many = replace(even.level, concurrency=32)
    assert fewest_requests(many, ["output_throughput"], Rules()) == 320
    assert fewest_requests(even.level, ["output_throughput"], Rules(min_requests=90)) == 90


def test_a_quick_engine_is_watched_for_some_seconds_too() -> None:
    quick = Loop(4, 20_000, ttft=(0.005, 0.005), tpot=(0.0005, 0.0005), gap=(1e-4, 1e-4)).run()
    ended = play(quick, watch_of(quick, "output_throughput", 0.5))
    assert ended.ended_by == "precision"
    assert 10.0 < ended.seconds < 15.0


def test_a_level_whose_slo_is_still_open_is_not_ended_by_precision() -> None:
    run = Loop(4, 1500, ttft=SPREAD).run()
    middle = figures_of(run, slo={}).get("ttft.mean")
    assert middle is not None
    assert play(run, watch_of(run, "output_throughput", 0.3)).ended_by == "precision"
    open_one = play(run, watch_of(run, "output_throughput", 0.3, {"ttft.mean": middle * 1.02}))
    assert open_one.seconds > 2 * play(run, watch_of(run, "output_throughput", 0.3, {"ttft.mean": 1.0})).seconds


@pytest.mark.parametrize(("metric", "precision"), [("output_throughput", 0.04), ("e2e_latency.mean", 0.04)])
def test_ending_early_does_not_make_an_interval_claim_more_than_it_holds(metric: str, precision: float) -> None:
    """Whoever looks often enough finds a narrow interval (optional stopping): it must cover the truth all the same."""
    runs = [DriftingLoop(4, 700, ttft=SPREAD, drift=0.05, memory=0.5, seed=seed).run() for seed in range(30)]
    whole = [figures_of(run, slo={}).values for run in runs]
    truth = sum(values[metric] for values in whole) / len(whole)
    ended = [play(run, watch_of(run, metric, precision)) for run in runs]
    figures = [figures_of(run, slo={}).values for run in ended]
    assert sum(run.ended_by == "precision" for run in ended) >= 15
    assert sum(abs(each[metric] - truth) <= each[f"half_width.{metric}"] for each in figures) >= 24
    assert sum(abs(each[metric] / truth - 1) <= precision for each in figures) >= 27


@pytest.mark.parametrize(
    ("unsound", "verdict"),
    [
        ({"concurrency": 2, "gap": (0.03, 0.06)}, Verdict.NOT_STEADY),
        ({"scenario": "D(100,30)"}, Verdict.WRONG_LENGTH),
        ({"client": ClientLoad(cpu_share=0.99, lag_median=0.001, lag_worst=0.01)}, Verdict.CLIENT_BOUND),
        ({"client": ClientLoad(cpu_share=0.2, lag_median=0.001, lag_worst=30.0)}, Verdict.NOT_STEADY),
        ({"tokens_per_chunk": 20}, Verdict.NOT_STREAMED),
    ],
)
def test_precision_does_not_end_a_level_that_would_be_rejected_and_begun_again(
    unsound: dict[str, Any], verdict: Verdict
) -> None:
    usual = {"concurrency": 4, "max_requests": 1500, "ttft": (0.1, 0.2)}
    sound = Loop(**usual).run()  # type: ignore[arg-type]
    assert play(sound, watch_of(sound, "output_throughput", 0.05)).ended_by == "precision"
    run = Loop(**{**usual, **unsound}).run()
    assert judge(run, validity=Rules(), slo={}).verdict is verdict
    assert play(run, watch_of(run, "output_throughput", 0.05)) is run


def test_a_stopped_level_has_no_less_than_what_was_looked_at() -> None:
    run = Loop(4, 100).run()
    ended = cut_at(run, run.started + 2.0, "precision")
    assert all(row.end is None or row.end <= ended.ended for row in ended.rows)


def test_looking_at_a_cut_request_or_at_none_changes_nothing() -> None:
    level = Level(1, "D(1,1)", 1, 10.0, 10, 1)
    watch = EarlyEnd(level, metric="output_throughput", precision=0.5, slo={"ttft.max": 0.001}, validity=Rules())
    so_far = partial(run_until, level, [], None)
    assert watch.look([], so_far) is None
    assert watch.look([RequestRow(1, 1, start=0.0, first_token=5.0, chunks=(5.0,))], so_far) is None
