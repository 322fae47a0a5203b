"""A line of a log as one or several lines of the screen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rich.cells import cell_len

from autotuner_tui.logs.log_text import parts_of
from autotuner_tui.logs.search import Needle
from autotuner_tui.widgets.lines import Line, Piece, neutral, width_of


def log_line(text: str, *, times: bool = True, needle: Needle | None = None, here: bool = False) -> Line:
    """The line with its time dim, its level in the colour of what it tells, and the needle marked. `here`: it is the
    line to which the search has gone."""
    parts = parts_of(neutral(text), times)
    marks = [(*parts.time, "dim"), (*parts.level, parts.kind)]
    if needle is not None:
        hay = needle.hay(parts.text)
        if len(hay) == len(parts.text):
            style = "marked found" if here else "found"
            marks += [(at, at + len(needle.text), style) for at in needle.places(hay)]
    return tuple(_pieces(parts.text, [mark for mark in marks if mark[0] < mark[1]]))


def _pieces(text: str, marks: list[tuple[int, int, str]]) -> Iterator[Piece]:
    """Cut at each mark's ends; where marks lie over one another the last one counts."""
    cuts = sorted({0, len(text), *(at for start, end, _ in marks for at in (start, end))})
    for start, end in pairwise(cuts):
        styles = [style for first, last, style in marks if first <= start and end <= last]
        yield Piece(text[start:end], styles[-1] if styles else "")


def parted(shown: Line, cells: int) -> tuple[Line, Line]:
    """The line's first so many cells, and the rest. A wide character on the border goes to the rest."""
    head: list[Piece] = []
    left = cells
    for at, (text, style) in enumerate(shown):
        taken = _fitting(text, left)
        if taken < len(text):
            head.append(Piece(text[:taken], style))
            return tuple(head), (Piece(text[taken:], style), *shown[at + 1 :])
        head.append(Piece(text, style))
        left -= cell_len(text)
    return tuple(head), ()


def _fitting(text: str, cells: int) -> int:
    """How many characters fit."""
    if text.isascii():
        return min(len(text), max(0, cells))
    used = 0
    for at, character in enumerate(text):
        used += cell_len(character)
        if used > cells:
            return at
    return len(text)


def wrapped(shown: Line, cells: int) -> list[Line]:
    """The line in pieces of so many cells (2 at least); an empty line is one."""
    lines: list[Line] = []
    while width_of(shown) > max(2, cells):
        head, shown = parted(shown, max(2, cells))
        lines.append(head)
    return [*lines, shown]
