"""The figures of a level: every score stands on them."""

from __future__ import annotations

import json
import math
import statistics
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotuner_core.benchmark.base import Level, LevelRun, RequestRow
from autotuner_core.scoring.figures import LevelFigures, figures_of
from autotuner_core.scoring.metrics import METRICS, metric_names, metric_value
from autotuner_core.scoring.sample_figures import HALF_WIDTH
from autotuner_core.scoring.samples import batches_of_rate, percentile, samples_wanted, unsure_statistics
from closed_loop import Loop, records
from early_loop import DriftingLoop
from recompute import recompute

seconds = st.floats(0, 30, allow_nan=False, allow_infinity=False)


@st.composite
def any_row(draw: st.DrawFn) -> RequestRow:
    """Any request that a launcher might write: answered, failed, empty or cut, in any order of time."""
    start = draw(seconds)
    chunks = tuple(sorted(start + extra for extra in draw(st.lists(seconds, max_size=5))))
    kind = draw(st.sampled_from(("answered", "failed", "cut", "empty")))
    last = (chunks[-1] if chunks else start) + draw(st.floats(0.001, 5))
    if kind == "failed":
        return RequestRow(7, 0, start, chunks[0] if chunks else None, last, chunks, error=500)
    if kind == "empty" or not chunks:
        return RequestRow(7, 0, start, None, last, ())
    if kind == "cut":
        return RequestRow(7, len(chunks), start, chunks[0], None, chunks)
    return RequestRow(draw(st.integers(1, 99)), draw(st.integers(1, 50)), start, chunks[0], last, chunks)


def level_run(rows: list[RequestRow], concurrency: int, ended: float) -> LevelRun:
    ordered = tuple(sorted(rows, key=lambda row: row.start or 0.0))
    return LevelRun(Level(1, "D(7,9)", concurrency, 60, 100, 1), ordered, 0.0, ended, "time")


def agree(run: LevelRun) -> None:
    figures = figures_of(run, slo={}).to_json()
    expected = recompute(records(run), run.level.concurrency, run.ended)
    if not expected:
        assert figures["basis"] == "level"
        return
    assert figures["basis"] == "window"
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


@settings(max_examples=150, deadline=None)
@given(st.lists(any_row(), max_size=12), st.integers(1, 4), st.floats(5, 60))
def test_agree_with_a_second_account_of_any_rows(rows: list[RequestRow], concurrency: int, ended: float) -> None:
    """The score a user acts on is not the artefact of one implementation."""
    agree(level_run(rows, concurrency, ended))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 10), st.integers(1, 5), st.floats(0, 0.03), st.integers(0, 10_000))
def test_agree_with_a_second_account_of_a_closed_loop(clients: int, per_chunk: int, ramp: float, seed: int) -> None:
    agree(Loop(clients, 60, tokens_per_chunk=per_chunk, ramp=ramp, errors=0.02, seed=seed).run())


@settings(max_examples=150, deadline=None)
@given(st.lists(any_row(), max_size=8), st.integers(1, 3), st.sampled_from((0.0, 2.0)))
def test_nothing_on_disk_is_infinite_or_no_number(rows: list[RequestRow], concurrency: int, gpus: float) -> None:
    figures = figures_of(level_run(rows, concurrency, 40.0), slo={"ttft.p95": 1.0}, gpu_count=gpus).to_json()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


@settings(max_examples=60, deadline=None)
@given(st.lists(any_row(), min_size=1, max_size=10), st.integers(1, 3))
def test_bounds_hold(rows: list[RequestRow], concurrency: int) -> None:
    figures = figures_of(level_run(rows, concurrency, 40.0), slo={"e2e_latency.p50": 3.0})
    assert 0 <= figures.number("error_rate") <= 1
    assert (figures.get("goodput") or 0) <= (figures.get("request_throughput") or 0)
    for metric in ("ttft", "e2e_latency"):
        ordered = [figures.get(f"{metric}.{name}") for name in ("min", "p25", "p50", "p90", "p99", "max")]
        if None not in ordered:
            assert all(low <= high + 1e-9 for low, high in pairwise(ordered))  # type: ignore[operator]


def test_an_even_stream_has_the_throughput_that_one_can_count() -> None:
    """Two clients, each 10 tokens a second without a pause: 20 tokens/s, whatever the cut at the end takes away."""
    rows = []
    for client in (0.0, 0.5):
        for start in range(10):
            begin = client + start
            chunks = tuple(begin + 0.1 * i for i in range(1, 11))
            rows.append(RequestRow(5, 10, begin, chunks[0], chunks[-1], chunks))
    cut = tuple(10.0 + 0.1 * i for i in range(1, 6))
    rows += [RequestRow(5, 5, 10.0, cut[0], None, cut)]
    figures = figures_of(level_run(rows, 2, 10.5), slo={})
    assert figures.get("output_throughput") == pytest.approx(20.0, rel=0.01)
    assert figures.get("e2e_latency.mean") == pytest.approx(1.0)
    assert figures.get("tpot.p50") == pytest.approx(0.1)
    assert figures.get("ttft.p99") == pytest.approx(0.1)
    assert figures.number("concurrency") == pytest.approx(2.0, rel=0.01)


def test_tokens_of_a_cut_request_count_by_the_tokens_in_a_piece_not_by_its_pieces() -> None:
    """An engine that sends several tokens at once must not look slower at the end of a level."""
    whole = tuple(0.1 * i for i in range(1, 11))
    cut = tuple(1.0 + 0.1 * i for i in range(1, 11))
    rows = [RequestRow(5, 40, 0.0, whole[0], 1.0, whole), RequestRow(5, 10, 1.0, cut[0], None, cut)]
    assert figures_of(level_run(rows, 1, 2.0), slo={}).get("output_throughput") == pytest.approx(40.0)


def test_tokens_of_failed_requests_do_not_count() -> None:
    chunks = (0.1, 0.2)
    rows = [RequestRow(5, 0, 0.0, 0.1, 0.5, chunks, error=500), RequestRow(5, 10, 0.5, 0.6, 1.0, (0.6, 0.7))]
    figures = figures_of(level_run(rows, 1, 2.0), slo={})
    assert figures.get("output_throughput") == pytest.approx(10.0)
    assert figures.get("error_rate") == pytest.approx(0.5)


def test_errors_before_the_window_count_too() -> None:
    """A server that drops the first burst and then copes must not pass for one without errors."""
    burst = [RequestRow(5, 0, 0.002 * i, end=0.002 * i + 0.001, error=503) for i in range(5)]
    begins = (0.02, 0.03, 1.02, 1.03, 2.02)
    rest = [RequestRow(5, 2, begin, begin + 0.1, begin + 1.0, (begin + 0.1, begin + 0.9)) for begin in begins]
    figures = figures_of(level_run([*burst, *rest], 2, 5.0), slo={})
    assert figures.number("window_start") > 0.01
    assert figures.get("error_rate") == pytest.approx(0.5)


def test_goodput_holds_each_request_to_the_limits() -> None:
    rows = [
        RequestRow(5, 2, i, i + ttft, i + 1, (i + ttft, i + 0.9)) for i, ttft in enumerate((0.1, 0.1, 0.5, 0.1, 0.5))
    ]
    run = level_run(rows, 1, 5.0)
    assert figures_of(run, slo={"ttft.p95": 0.2}).get("goodput") == pytest.approx(3 / 5)
    assert figures_of(run, slo={"ttft.p50": 0.2, "ttft.p99": 0.6}).get("goodput") == pytest.approx(1.0)
    assert figures_of(run, slo={}).get("goodput") == figures_of(run, slo={}).get("request_throughput")


def test_figures_per_gpu_are_there_only_where_gpus_are() -> None:
    run = Loop().run()
    figures = figures_of(run, slo={}, gpu_count=4)
    assert figures.get("output_throughput_per_gpu") == pytest.approx((figures.get("output_throughput") or 0) / 4)
    assert figures_of(run, slo={}).get("output_throughput_per_gpu") is None


def test_without_times_the_figures_are_of_the_whole_level_and_say_so() -> None:
    rows = tuple(RequestRow(77, 100, ttft=0.1, tpot=0.01, e2e_latency=1.09) for _ in range(20))
    run = LevelRun(Level(1, "D(100,100)", 4, 60, 20, 1), rows, 0.0, 10.0, "requests", timestamps=False)
    figures = figures_of(run, slo={})
    assert figures.to_json()["basis"] == "level"
    assert figures.get("output_throughput") == pytest.approx(200.0)
    assert figures.get("ttft.p95") == pytest.approx(0.1)
    assert figures.get("output_latency.mean") == pytest.approx(0.99)
    assert figures.get("itl.mean") is None
    assert "concurrency" not in figures.to_json()


def test_every_named_metric_that_a_task_may_ask_for_is_computed() -> None:
    """A metric that validates but never has a value fails a night's run."""
    figures = figures_of(Loop().run(), slo={}, gpu_count=1)
    assert [name for name in metric_names() if figures.get(name) is None] == []


def test_percentiles_that_stand_on_too_few_requests_are_said() -> None:
    assert (samples_wanted(95), samples_wanted(99), samples_wanted(90), samples_wanted(50)) == (200, 1000, 100, 20)
    assert unsure_statistics(150) == ("p95", "p99")
    assert "p95" in figures_of(Loop(max_requests=50).run(), slo={}).to_json()["unsure"]


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50), st.sampled_from((25, 50, 75, 90, 95, 99)))
def test_percentiles_are_those_of_the_usual_definition(values: list[float], percent: int) -> None:
    """numpy's default, which the standard library calls inclusive."""
    expected = statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
    assert percentile(sorted(values), percent) == pytest.approx(expected, rel=1e-9, abs=1e-8)


def test_the_interval_of_a_throughput_covers_what_repeats_show() -> None:
    """An interval that is far too narrow calls noise a win; one far too wide hides every win."""
    runs = [figures_of(Loop(4, 200, ttft=(0.02, 0.3), seed=seed).run(), slo={}).to_json() for seed in range(40)]
    values = [run["output_throughput"] for run in runs]
    middle = math.fsum(values) / len(values)
    covered = sum(abs(run["output_throughput"] - middle) <= run[HALF_WIDTH + "output_throughput"] for run in runs)
    assert covered >= 32
    assert max(run[HALF_WIDTH + "output_throughput"] for run in runs) < 0.2 * middle


@pytest.mark.parametrize(("percent", "drift"), [(50, 0.0), (95, 0.0), (90, 0.1)])
def test_the_interval_of_a_percentile_covers_what_repeats_show(percent: int, drift: float) -> None:
    name = f"ttft.p{percent}"
    loops = [DriftingLoop(4, 300, ttft=(0.02, 0.3), drift=drift, memory=0.2, seed=seed) for seed in range(40)]
    runs = [figures_of(loop.run(), slo={}).to_json() for loop in loops]
    middle = math.fsum(run[name] for run in runs) / len(runs)
    assert sum(abs(run[name] - middle) <= run[HALF_WIDTH + name] for run in runs) >= 34
    assert statistics.median(run[HALF_WIDTH + name] for run in runs) < 0.3 * middle


def test_a_percentile_with_nothing_beyond_it_has_no_interval() -> None:
    few = figures_of(Loop(max_requests=60).run(), slo={}).to_json()
    assert HALF_WIDTH + "ttft.p50" in few
    assert HALF_WIDTH + "ttft.p95" not in few


def test_slices_are_as_long_as_a_request_where_enough_of_them_fit() -> None:
    marks = [(0.5, 10.0), (9.5, 20.0)]
    assert batches_of_rate(marks, 0.0, 10.0, whole=2.0) == [5.0, 0, 0, 0, 10.0]
    assert batches_of_rate(marks, 0.0, 10.0, whole=4.0) == [5.0, 0, 0, 0, 10.0]
    assert len(batches_of_rate(marks, 0.0, 10.0, whole=1.0)) == 10
    assert len(batches_of_rate(marks, 0.0, 10.0, whole=0.01)) == 20
    assert batches_of_rate(marks, 1.0, 1.0, whole=1.0) == []


def test_a_metric_of_another_name_is_refused_with_the_right_one() -> None:
    figures = LevelFigures({"ttft.p95": 0.1})
    with pytest.raises(ValueError, match=r"ttft\.p95"):
        figures.get("ttft")
    with pytest.raises(ValueError, match="output_throughput"):
        figures.get("output_troughput")
    assert metric_value({"ttft.p95": math.inf}, "ttft.p95") is None
    assert all(metric.name == name for name, metric in METRICS.items())
