"""Drawing with characters: bars in eighths of a cell, lines in braille dots (two across and four down in a cell)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from autotuner_tui.widgets.lines import Line, Piece

EIGHTHS = " ▁▂▃▄▅▆▇█"
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of a dot by its row and column within the cell."""

Values = Sequence[float | None]


class Canvas:
    """`width` by `height` cells. Heights are shares of the whole, 0 at the bottom and 1 at the top."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cells = [[(" ", "")] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, style: str = "") -> None:
        """A text from the cell on that is `x` from the left and `y` from the top."""
        for at, character in enumerate(text, x):
            if 0 <= at < self.width and 0 <= y < self.height:
                self._cells[y][at] = (character, style)

    def bars(self, values: Values, style: str) -> None:
        """A bar for each column of cells that has a value."""
        for x, value in enumerate(values[: self.width]):
            if value is None:
                continue
            eighths = max(1, round(_share(value) * self.height * 8)) if value > 0 else 0
            for y in range(self.height):
                filled = min(8, max(0, eighths - (self.height - 1 - y) * 8))
                if filled:
                    self.put(x, y, EIGHTHS[filled], style)

    def curve(self, values: Values, style: str, *, dotted: bool = False) -> None:
        """A curve through the values, one for each column of dots; gaps are bridged. `dotted` leaves out every other
        column."""
        last: tuple[int, int] | None = None
        for x, value in enumerate(values[: self.width * 2]):
            if value is None:
                continue
            y = round((1 - _share(value)) * (self.height * 4 - 1))
            for at_x, at_y in _between(last or (x, y), (x, y)):
                if not dotted or at_x % 2 == 0:
                    self._dot(at_x, at_y, style)
            last = (x, y)

    def _dot(self, x: int, y: int, style: str) -> None:
        before, _ = self._cells[y // 4][x // 2]
        bits = ord(before) - 0x2800 if "\u2800" <= before <= "\u28ff" else 0
        self._cells[y // 4][x // 2] = (chr(0x2800 | bits | DOTS[y % 4][x % 2]), style)

    def line(self, y: int) -> Line:
        """A row of cells, from the top."""
        runs = groupby(self._cells[y], key=lambda cell: cell[1])
        return tuple(Piece("".join(character for character, _ in run), style) for style, run in runs)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _between(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots from start to end, both with them."""
    (x0, y0), (x1, y1) = start, end
    steps = max(abs(x1 - x0), abs(y1 - y0), 1)
    return [(round(x0 + (x1 - x0) * n / steps), round(y0 + (y1 - y0) * n / steps)) for n in range(steps + 1)]


def in_columns(values: Values, columns: int, most: float) -> list[float | None]:
    """The values over columns of which the last is that of the `most`th value, each column the mean of those that fall
    on it. A value that takes several columns stands in all of them."""
    each = most / columns
    ends = [min(columns, round(at * columns / most)) for at in range(len(values) + 1)]
    used = ends[-1]
    return [_mean(values[int(at * each) : max(int(at * each) + 1, int((at + 1) * each))]) for at in range(used)]


def in_middles(values: Values, columns: int, most: float) -> list[float | None]:
    """As in_columns, but a value that takes several columns stands in the middle one alone: for curves."""
    if len(values) == 0 or columns <= most:
        return in_columns(values, columns, most)
    found: list[float | None] = [None] * columns
    for at, value in enumerate(values):
        found[min(columns - 1, int((at + 0.5) * columns / most))] = value
    return found


def _mean(values: Values) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def sparkline(values: Values, width: int, end: float) -> str:
    """The latest values in one row, one character each, the newest at the right; `end` is the height of a full one."""
    marks = (
        " " if value is None else EIGHTHS[max(1, round(_share(value / end) * 8))] for value in list(values)[-width:]
    )
    return "".join(marks).rjust(width)
