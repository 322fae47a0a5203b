"""A chart in lines of text: a title with the latest figures, a labelled axis up, the time below. Drawn here and not by
a plotting library: those bring colours and frames of their own, which cost a third of a small panel and cannot be told
apart without colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from autotuner_tui.widgets.canvas import Canvas, Values, in_columns, in_middles, sparkline
from autotuner_tui.widgets.lines import Line, Piece, fitted, width_of

LABEL_CELLS = 7
LEAST_HEIGHT, LEAST_WIDTH = 5, 30
ROOMY = 36
SIGNS = {"bars": "█", "solid": "─", "dotted": "┄"}


@dataclass(frozen=True)
class Series:
    """One thing over time, a value for each window of time. `label` and `latest`, a number, stand in the title."""

    values: tuple[float | None, ...]
    latest: str
    label: str = ""
    shape: Literal["bars", "solid", "dotted"] = "bars"
    style: str = "series"


@dataclass(frozen=True)
class Chart:
    """`unit` is that of the latest figures, `end` the upper end of the axis in the unit of the values, `label` says a
    height in words. `most` windows of `seconds` each fill the width. `marks` are windows in which something went wrong,
    marked at the bottom; `note` says what. `aside` is what else there is to say."""

    name: str
    series: tuple[Series, ...]
    unit: str
    end: float
    label: Callable[[float], str]
    seconds: float
    most: float
    marks: tuple[bool, ...] = ()
    note: str = ""
    aside: str = ""


def chart_lines(chart: Chart, width: int, height: int) -> list[Line]:
    """The chart in exactly that many lines; at least LEAST_HEIGHT by LEAST_WIDTH cells."""
    rows, columns = height - 2, width - LABEL_CELLS - 2
    canvas = Canvas(columns, rows)
    for series in reversed(chart.series):  # the first lies on top
        shares = [None if value is None else value / chart.end for value in series.values]
        _draw(canvas, shares, series, chart.most)
    _mark(canvas, chart)
    labels = {0: chart.label(chart.end), rows - 1: "0"} | (
        {rows // 2: chart.label(chart.end * (rows - 1 - rows // 2) / (rows - 1))} if rows >= 7 and rows % 2 else {}
    )
    body = [(*axis(labels.get(y)), *canvas.line(y)) for y in range(rows)]
    return [title_line(chart, width), *body, _times(chart, columns)]


def _draw(canvas: Canvas, shares: Values, series: Series, most: float) -> None:
    if series.shape == "bars":
        canvas.bars(in_columns(shares, canvas.width, most), series.style)
    else:
        columns = canvas.width * 2
        canvas.curve(in_middles(shares, columns, most), series.style, dotted=series.shape == "dotted")


def _mark(canvas: Canvas, chart: Chart) -> None:
    for at, marked in enumerate(chart.marks):
        if marked:
            x = min(canvas.width - 1, int((at + 0.5) * canvas.width / chart.most))
            canvas.put(x, canvas.height - 1, "✘", "bad")


def title_line(chart: Chart, width: int) -> Line:
    """`TTFT  ─ p95 112  ┄ p50 24.1 ms`, with less air where it is narrow."""
    gap, air = ("  ", " ") if width >= ROOMY else (" ", "")
    pieces = [Piece(f" {chart.name}", "strong")]
    for series in chart.series:
        sign = f"{SIGNS[series.shape]}{air}{series.label} " if series.label else ""
        pieces += [Piece(gap), Piece(sign, series.style), Piece(series.latest)]
    pieces.append(Piece(f" {chart.unit}" if chart.unit else ""))
    if chart.note:
        pieces += [Piece(gap), Piece(chart.note, "bad")]
    if chart.aside:
        pieces += [Piece(gap), Piece(chart.aside, "dim")]
    return cut(pieces, width)


def cut(pieces: Sequence[Piece], width: int) -> Line:
    """The pieces in exactly that many cells."""
    kept: list[Piece] = []
    for piece in pieces:
        room = width - width_of(tuple(kept))
        kept.append(piece if width_of((piece,)) <= room else Piece(fitted(piece.text, room), piece.style))
    return (*kept, Piece(" " * (width - width_of(tuple(kept)))))


def axis(label: str | None) -> Line:
    """What stands left of a row of the plot."""
    text = fitted(label or "", LABEL_CELLS, right=True)
    return (Piece(f"{text} {'┤' if label is not None else '│'}", "dim"),)


def _times(chart: Chart, columns: int) -> Line:
    """From 0 to the end of the time axis, and the middle where there is room."""
    last = f"{chart.most * chart.seconds:g} s"
    middle = f"{chart.most * chart.seconds / 2:g}"
    text = "0".ljust(columns - len(last)) + last
    if columns >= 24:
        at = columns // 2 - len(middle) // 2
        text = text[:at] + middle + text[at + len(middle) :]
    return (Piece(" " * (LABEL_CELLS + 2) + text, "dim"),)


def spark_line(chart: Chart, width: int, name_cells: int) -> Line:
    """The chart in one row: name, course, latest figure."""
    series = chart.series[0]
    words = (series.label, series.latest, chart.unit, chart.note)
    latest = "".join(f" {word}" for word in words if word)
    room = max(0, width - name_cells - 3 - len(latest))
    latest_cells = fitted(latest, min(width - name_cells - 3, len(latest)))
    return cut(
        [
            Piece(" " + fitted(chart.name, name_cells) + " ", "strong"),
            Piece(sparkline(series.values, room, chart.end), series.style),
            Piece(latest_cells, "bad" if chart.note else ""),
        ],
        width,
    )
