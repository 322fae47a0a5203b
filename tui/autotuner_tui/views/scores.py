"""The scores of a run in the order in which they came: a bar each, the best so far above them, a sign below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from autotuner_core.report import format as fmt
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result
from autotuner_core.run.run_state import RunState
from autotuner_tui.views.live import in_seconds, plain_number
from autotuner_tui.widgets.canvas import Canvas
from autotuner_tui.widgets.chart import LABEL_CELLS, axis, cut
from autotuner_tui.widgets.lines import Line, Piece, line, width_of
from autotuner_tui.widgets.scale import Limits

EMPTY = line((" each experiment's score and the best so far will stand here", "dim"))
SIGNS = {"ok": ("✔", "good"), "missed": ("◐", "warn"), "failed": ("✘", "bad"), "skipped": ("-", "dim")}
WIDEST_BAR = 6
LEAST_ROWS = 5


@dataclass(frozen=True)
class Entry:
    """What stands in one place: the score, how it ended (a key of SIGNS), and the best so far."""

    id: int
    score: float | None
    ending: str
    best: float | None


def score_lines(state: RunState, ranking: Ranking | None, limits: Limits, width: int, height: int) -> list[Line]:
    """A title, bars with the line of the best so far, a sign for each, their numbers."""
    if ranking is None or not ranking.results:
        return [EMPTY]
    pieces = _title(ranking)
    title = cut(pieces if width_of(tuple(pieces)) <= width else pieces[1:], width)  # the metric can be missed best
    columns = width - LABEL_CELLS - 2
    if height < LEAST_ROWS or columns < 10:
        return [title]
    limits.begin(state.run_id)
    entries = entries_of(ranking)
    end = limits.end("score", max((entry.score or 0.0 for entry in entries), default=0.0))
    return [title, *_plot(entries, max(len(state.experiments), len(entries)), end, ranking, columns, height - 2)]


def entries_of(ranking: Ranking) -> list[Entry]:
    """The results in the order in which they came; those that were never begun last."""
    ordered = sorted(ranking.results, key=lambda r: (r.attempt.ended_at if r.attempt else None) or inf)
    better = min if ranking.objective.direction == "minimize" else max
    entries: list[Entry] = []
    best: float | None = None
    for result in ordered:
        if result.score is not None and result.feasible:
            best = result.score if best is None else better(best, result.score)
        entries.append(Entry(result.id, result.score, _ending(result), best))
    return entries


def _ending(result: Result) -> str:
    if result.score is not None:
        return "ok" if result.feasible else "missed"
    return "failed" if result.status == "failed" else "skipped"


def _title(ranking: Ranking) -> list[Piece]:
    best, closest = ranking.best, ranking.closest
    metric = ranking.objective.metric
    pieces = [Piece(f" {metric}", "strong")]
    if best is not None:
        pieces += [Piece("  ─ best so far ", "series"), Piece(f"{fmt.metric(best.score, metric)}, exp {best.id}")]
    elif closest is not None:
        pieces.append(Piece(f"  none meets the SLO; closest {fmt.metric(closest.score, metric)}, exp {closest.id}"))
    else:
        pieces.append(Piece("  none scored yet"))
    return pieces


def _plot(entries: Sequence[Entry], total: int, end: float, ranking: Ranking, columns: int, height: int) -> list[Line]:
    each = min(WIDEST_BAR, columns // total)
    shown = list(entries) if each else _thinned(entries, total, columns, ranking)
    each, rows = max(1, each), height - 1
    plot = Canvas(columns, rows)
    _draw(plot, shown, each, end)
    below = Canvas(columns, 2)
    for at, entry in enumerate(shown):
        below.put(at * each, 0, *SIGNS[entry.ending])
        if each > len(str(entry.id)):
            below.put(at * each, 1, str(entry.id), "dim")
    if each == 1:
        below.put(0, 1, f"{len(entries)} of {total} experiments", "dim")
    label = in_seconds if fmt.unit_of(ranking.objective.metric) == "s" else plain_number
    labels = {0: label(end), rows - 1: "0"}
    lines = [(*axis(labels.get(y)), *plot.line(y)) for y in range(rows)]
    blank = Piece(" " * (LABEL_CELLS + 2))
    return [*lines, (blank, *below.line(0)), (blank, *below.line(1))]


def _draw(plot: Canvas, shown: Sequence[Entry], each: int, end: float) -> None:
    """The line first: bars stand before it."""
    best = [None if entry.best is None else entry.best / end for entry in shown]
    plot.curve([value for value in best for _ in range(each * 2)], "series")
    bar = max(1, each - 1)
    for style, endings in (("", ("ok",)), ("second", ("missed",))):
        values: list[float | None] = []
        for entry in shown:
            share = entry.score / end if entry.score is not None and entry.ending in endings else None
            values += [share] * bar + [None] * (each - bar)
        plot.bars(values, style)


def _thinned(entries: Sequence[Entry], total: int, columns: int, ranking: Ranking) -> list[Entry]:
    """One for each column: the best of those that fall on it."""
    sign = 1.0 if ranking.objective.direction == "minimize" else -1.0
    groups: dict[int, list[Entry]] = {}
    for at, entry in enumerate(entries):
        groups.setdefault(at * columns // total, []).append(entry)

    def place(entry: Entry) -> tuple[int, float]:
        return list(SIGNS).index(entry.ending), sign * (entry.score or 0.0)

    return [Entry(**{**vars(min(group, key=place)), "best": group[-1].best}) for group in groups.values()]
