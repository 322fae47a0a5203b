from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import recordings as rec
from autotuner_core.report.ranker import ranking_of
from autotuner_core.run import events as ev
from autotuner_tui.streams.attempt import Course
from autotuner_tui.streams.usage import Gauges
from autotuner_tui.streams.window import Point
from autotuner_tui.views.live import live_charts
from autotuner_tui.views.scores import score_lines
from autotuner_tui.widgets.canvas import Canvas, sparkline
from autotuner_tui.widgets.chart import LEAST_HEIGHT, LEAST_WIDTH, chart_lines, spark_line
from autotuner_tui.widgets.lines import Line, texts, width_of
from autotuner_tui.widgets.live_panel import fitting, laid_out
from autotuner_tui.widgets.scale import Limits, rounded_seconds, rounded_up

POINT = Point(1800.0, 0.02, 0.112, 0.004, 0.0052, 4.0, 0)


def course(*points: Point, ok: int = 10, failed: int = 0) -> Course:
    return Course(3, 1, (1, 100.0), "D(100,100)", 4, 1.0, points, ok, failed, False)


def changed_cells(before: list[Line], after: list[Line]) -> int:
    pairs = zip(texts(before), texts(after), strict=True)
    return sum(a != b for one, other in pairs for a, b in zip(one, other, strict=True))


def test_every_chart_says_its_figures_with_their_units() -> None:
    charts = live_charts(course(POINT, POINT), Limits())
    titles = [texts(chart_lines(chart, 40, 7))[0].strip() for chart in charts]
    assert titles == [
        "Output  1800 tokens/s",
        "TTFT  ─ p95 112  ┄ p50 20.0 ms",
        "TPOT  ─ p95 5.20  ┄ p50 4.00 ms",
        "In flight  4.00",
    ]


@pytest.mark.parametrize("width", [LEAST_WIDTH, 31, 40, 77])
@pytest.mark.parametrize("height", [LEAST_HEIGHT, 6, 13])
def test_a_chart_fills_exactly_its_place(width: int, height: int) -> None:
    points = [replace(POINT, throughput=100.0 * n, ttft_p95=None if n % 3 else 0.1 * n) for n in range(100)]
    for chart in live_charts(course(*points), Limits()):
        lines = chart_lines(chart, width, height)
        assert len(lines) == height
        assert {width_of(line) for line in lines} == {width}


def test_a_second_more_leaves_what_stands_there_in_its_place() -> None:
    points = [replace(POINT, throughput=1000.0 + 37 * (n % 7)) for n in range(20)]
    limits = Limits()
    for chart, later in zip(
        live_charts(course(*points[:18]), limits), live_charts(course(*points[:19]), limits), strict=True
    ):
        assert changed_cells(chart_lines(chart, 60, 8), chart_lines(later, 60, 8)) < 25


def test_axes_only_grow_while_the_level_is_the_same() -> None:
    limits = Limits()
    calm, burst = course(POINT), course(POINT, replace(POINT, ttft_p95=3.3))
    assert [live_charts(one, limits)[1].end for one in (calm, burst, calm)] == [0.12, 4.0, 4.0]
    assert live_charts(replace(calm, key=(2, 200.0)), limits)[1].end == 0.12


def test_errors_are_marked_where_they_were_and_counted() -> None:
    bad = replace(POINT, errors=2)
    chart = live_charts(course(POINT, bad, POINT, failed=2), Limits())[3]
    lines = texts(chart_lines(chart, 40, 7))
    assert "✘ 2 failed" in lines[0]
    assert lines[5].count("✘") == 1
    assert "2 failed" in texts([spark_line(chart, 40, 9)])[0]


def test_what_waits_in_the_engine_and_how_full_its_cache_is_stand_beside_the_requests_in_flight() -> None:
    chart = live_charts(course(POINT), Limits(), Gauges(3.0, 0.874))[3]
    assert texts(chart_lines(chart, 64, 5))[0].strip() == "In flight  4.00  KV 87.4 %, 3 waiting"
    assert "KV" not in texts(chart_lines(live_charts(course(POINT), Limits(), Gauges(0.0))[3], 64, 5))[0]


def test_p50_and_p95_are_told_apart_without_colours() -> None:
    points = [replace(POINT, ttft_p50=0.02, ttft_p95=0.1)] * 10
    top, *_, bottom = texts(chart_lines(live_charts(course(*points), Limits())[1], 40, 5))[1:4]
    assert top.count("⠒") + top.count("⠤") + top.count("⠉") > 20  # both dots of a cell: solid
    assert bottom.count("⠁") + bottom.count("⠂") + bottom.count("⠄") + bottom.count("⡀") > 20


def test_as_many_charts_as_fit_are_drawn_large() -> None:
    assert fitting(4, 62, 13) == (4, 2)
    assert fitting(4, 150, 7) == (4, 4)
    assert fitting(4, 38, 15) == (2, 1)
    assert fitting(4, 38, 4) == (0, 1)
    assert fitting(4, 20, 30) == (0, 1)


@pytest.mark.parametrize(("width", "height"), [(62, 13), (38, 15), (38, 4), (24, 9), (150, 30)])
def test_the_panel_is_filled_and_never_overfull(width: int, height: int) -> None:
    lines = laid_out(live_charts(course(POINT, POINT), Limits()), width, height)
    assert 4 <= len(lines) <= height
    assert all(width_of(line) <= width for line in lines)


def test_limits_are_round() -> None:
    assert [rounded_up(value) for value in (0.0, 0.013, 1.0, 1.01, 2020, 9.9e9)] == [1, 0.015, 1, 1.2, 2500, 1e10]
    assert [rounded_seconds(value) for value in (1, 10, 11, 3601)] == [10, 10, 15, 7200]


def test_figures_of_any_size_can_be_drawn() -> None:
    canvas = Canvas(5, 2)
    canvas.bars([0.0, 2.0, -1.0, None, 1e-9], "")
    canvas.curve([0.0, 2.0, -1.0, None, 0.5], "")
    assert len(texts([canvas.line(0)])[0]) == 5
    assert sparkline([0.0, None, 1.0], 5, 1.0) == "  ▁ █"


def scores(*parts: list[ev.Event], experiments: int, width: int = 60, height: int = 12) -> list[str]:
    events = [*rec.beginning(experiments), *(event for part in parts for event in part)]
    state = rec.state_of(rec.stamped(events))
    return texts(score_lines(state, ranking_of(state), Limits(), width, height))


def failing(experiment: int) -> list[ev.Event]:
    where = {"experiment": experiment, "attempt": 1}
    return [ev.AttemptStarted(**where), ev.AttemptEnded(**where, outcome="failed", cause="crash", message="gone")]


def test_scores_stand_in_the_order_in_which_they_came_with_the_best_so_far() -> None:
    lines = scores(rec.scored(2, 100.0), failing(3), rec.scored(1, 140.0, feasible=False, miss=0.5), experiments=4)
    assert lines[0].strip() == "output_throughput  ─ best so far 100 tokens/s, exp 2"
    assert lines[-2].split() == ["✔", "✘", "◐"]
    assert lines[-1].split() == ["2", "3", "1"]


def test_where_nothing_meets_the_slo_the_closest_is_named() -> None:
    assert (
        "none meets the SLO; closest 140 tokens/s, exp 1"
        in scores(rec.scored(1, 140.0, feasible=False, miss=0.5), experiments=2, width=80)[0]
    )


def test_more_experiments_than_columns_are_still_all_counted() -> None:
    parts = [rec.scored(n, 100.0 + n) for n in range(1, 301)]
    lines = scores(*parts, failing(301), experiments=301)
    assert "best so far 400 tokens/s, exp 300" in lines[0]
    assert "301 of 301 experiments" in lines[-1]
    assert all(len(line) <= 60 for line in lines)


@settings(deadline=None)
@example([5e-324])
@example([1.7e308, -1.7e308])
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_scores_of_any_size_are_drawn_with_their_axis(found: list[float]) -> None:
    lines = scores(*(rec.scored(n, score) for n, score in enumerate(found, 1)), experiments=9)
    assert len(lines) == 12
    assert {len(line) for line in lines} == {60}
    assert lines[1][8] == lines[-3][8] == "┤"
    assert lines[-3][:8].strip() == "0"


def test_before_the_first_score_the_panel_says_what_will_stand_there() -> None:
    assert "will stand here" in scores(experiments=2)[0]
    assert "none scored yet" in scores(failing(1), experiments=2)[0]
