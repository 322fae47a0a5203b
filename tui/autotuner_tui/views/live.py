"""The course of a level as charts: throughput, latencies, requests in flight with what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from autotuner_core.report import format as fmt
from autotuner_tui.widgets.chart import Chart, Series
from autotuner_tui.widgets.scale import Limits, rounded_seconds

if TYPE_CHECKING:
    from autotuner_tui.streams.attempt import Course
    from autotuner_tui.streams.usage import Gauges
    from autotuner_tui.streams.window import Point

    Pick = Callable[[Point], float | None]


def live_charts(course: Course, limits: Limits, gauges: Gauges | None = None) -> list[Chart]:
    """Four charts with one time axis; `limits` keeps their axes while it is the same level."""
    limits.begin((course.experiment, course.attempt, course.key))
    return [_throughput(course, limits), *_latencies(course, limits), _in_flight(course, limits, gauges)]


def most_windows(course: Course) -> float:
    """How many windows the time axis has room for."""
    return rounded_seconds(course.seconds * max(1, len(course.points))) / course.seconds


def _throughput(course: Course, limits: Limits) -> Chart:
    values = _values(course, lambda point: point.throughput)
    series = Series(values, fmt.number(_latest(values)))
    end = limits.end("throughput", _highest(values))
    return Chart("Output", (series,), "tokens/s", end, plain_number, course.seconds, most_windows(course))


def _latencies(course: Course, limits: Limits) -> list[Chart]:
    picks: list[tuple[str, Pick, Pick]] = [
        ("TTFT", lambda point: point.ttft_p95, lambda point: point.ttft_p50),
        ("TPOT", lambda point: point.tpot_p95, lambda point: point.tpot_p50),
    ]
    charts = []
    for name, p95, p50 in picks:
        high, middle = _values(course, p95), _values(course, p50)
        end = limits.end(name, _highest(high))
        unit, factor = ("ms", 1000.0) if (_latest(high) or 0.0) < 1 else ("s", 1.0)
        series = (
            Series(high, _number(_latest(high), factor), "p95", "solid"),
            Series(middle, _number(_latest(middle), factor), "p50", "dotted", "second"),
        )
        charts.append(Chart(name, series, unit, end, in_seconds, course.seconds, most_windows(course)))
    return charts


def _in_flight(course: Course, limits: Limits, gauges: Gauges | None) -> Chart:
    values = _values(course, lambda point: point.in_flight)
    series = Series(values, fmt.number(_latest(values)), style="second")
    end = limits.end("in flight", max(_highest(values), course.concurrency))
    marks = tuple(point.errors > 0 for point in course.points)
    note = f"✘ {course.failed} failed" if course.failed else ""
    aside, most = _told(gauges) if gauges is not None else "", most_windows(course)
    return Chart("In flight", (series,), "", end, plain_number, course.seconds, most, marks, note, aside)


def _told(gauges: Gauges) -> str:
    told = [f"KV {fmt.percent(gauges.kv_cache)}"] if gauges.kv_cache is not None else []
    told += [f"{gauges.waiting:.0f} waiting"] if gauges.waiting else []
    return ", ".join(told)


def _number(value: float | None, factor: float) -> str:
    return fmt.number(value * factor if value is not None else None)


def in_seconds(value: float) -> str:
    """A label of an axis: `300 ms`, `1.5 s`."""
    return f"{value * 1000:g} ms" if value < 1 else f"{value:g} s"


def plain_number(value: float) -> str:
    """A label of an axis, without zeros at its end."""
    return f"{value:g}" if value < 1e6 else fmt.number(value)


def _values(course: Course, pick: Pick) -> tuple[float | None, ...]:
    return tuple(pick(point) for point in course.points)


def _latest(values: Iterable[float | None]) -> float | None:
    return next((value for value in reversed(list(values)) if value is not None), None)


def _highest(values: Iterable[float | None]) -> float:
    return max((value for value in values if value is not None), default=0.0)
