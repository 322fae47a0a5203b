"""The panel of live charts: as large ones as fit, side by side or below each other, or else a row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.words import level_name
from autotuner_tui.open_run import OpenRun
from autotuner_tui.streams import Attempt
from autotuner_tui.views.live import live_charts
from autotuner_tui.widgets.chart import LEAST_HEIGHT, LEAST_WIDTH, Chart, chart_lines, spark_line
from autotuner_tui.widgets.lines import Line, LinesView, Piece
from autotuner_tui.widgets.scale import Limits

if TYPE_CHECKING:
    from autotuner_tui.streams.attempt import Course
    from autotuner_tui.streams.usage import Gauges

EMPTY = ("throughput, TTFT and TPOT, requests in flight and errors", "are charted here while an experiment is measured")
GAP = "  "


class ChartsView(LinesView):
    """Base of what is drawn: with the styles of curves and bars."""

    DEFAULT_CSS = """
    ChartsView {
        & > .line--series { color: $secondary; }
        & > .line--second { color: $text-muted; }
    }
    """


class LivePanel(ChartsView, can_focus=True):
    """Shows the level under way of the attempt in focus, or its last one."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._course: Course | None = None
        self._gauges: Gauges | None = None
        self._empty: Sequence[str] = EMPTY
        self._limits = Limits()

    def show(self, run: OpenRun) -> None:
        """Bring it up to date: called on every tick, cheap where nothing has changed."""
        course, gauges, empty = run.streams.course, run.streams.gauges, _empty(run.state, run.focus)
        if course is self._course and (gauges, empty) == (self._gauges, self._empty):
            return
        self._course, self._gauges, self._empty = course, gauges, empty
        self.entitle("3 Live metrics", _whose(course, run.state) if course is not None else "")
        self.repaint()

    def visible_lines(self) -> Sequence[Line]:
        """The charts in the layout that fits."""
        if self._course is None:
            return [(Piece(f" {part}", "dim"),) for part in self._empty]
        charts = live_charts(self._course, self._limits, self._gauges)
        return laid_out(charts, self.size.width, self.size.height)


def laid_out(charts: Sequence[Chart], width: int, height: int) -> list[Line]:
    """As many as fit as charts, below or beside each other, the others in a row each."""
    large, across = fitting(len(charts), width, height)
    rows = charts[large:]
    cells = max((len(chart.name) for chart in rows), default=0)
    grid = _grid(charts[:large], across, width, height - len(rows)) if large else []
    return [*grid, *(spark_line(chart, width, cells) for chart in rows)]


def fitting(charts: int, width: int, height: int) -> tuple[int, int]:
    """How many are drawn large, and how many of those side by side: as few as possible, for long time axes."""
    most = max(1, (width + len(GAP)) // (LEAST_WIDTH + len(GAP))) if width >= LEAST_WIDTH else 0
    for large in range(charts, 0, -1):
        for across in range(1, min(most, large) + 1):
            if -(-large // across) * LEAST_HEIGHT + charts - large <= height:
                return large, across
    return 0, 1


def _grid(charts: Sequence[Chart], across: int, width: int, height: int) -> list[Line]:
    each = (width - len(GAP) * (across - 1)) // across
    down = -(-len(charts) // across)
    lines: list[Line] = []
    for row in range(down):
        rows = height // down + (row < height % down)
        beside = [chart_lines(chart, each, rows) for chart in charts[row * across : (row + 1) * across]]
        lines += [joined(parts) for parts in zip(*beside, strict=True)]
    return lines


def joined(parts: Sequence[Line]) -> Line:
    """Lines side by side."""
    first, *others = parts
    return tuple(piece for part in ([first] + [(Piece(GAP), *other) for other in others]) for piece in part)


def _empty(state: RunState, focus: Attempt | None) -> Sequence[str]:
    """What stands there without a chart."""
    experiment = state.experiments.get(focus[0]) if focus is not None else None
    if experiment is None or experiment.latest is None or experiment.latest.ended is None:
        return EMPTY
    return (f"exp {experiment.id} ended before anything was measured",)


def _whose(course: Course, state: RunState) -> str:
    name = level_name(course.level, state.planned_levels, course.scenario, course.concurrency)
    return f"exp {course.experiment} {name}{' (ended)' if course.ended else ''}"
