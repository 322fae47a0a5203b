"""Which columns of a table there is room for, and its rows as lines of cells."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from autotuner_tui.widgets.lines import Piece, fitted

Key = Hashable
GAP = " "
LEAST_CELLS = 8
"""What a column without a width of its own asks for at least."""
UP, DOWN = "▴", "▾"


class Column(NamedTuple):
    """`width` in cells, 0 takes what is left. Those with a higher `spare` go first where there is no room; 0 stays.
    `value` gives what a row is sorted by (a number, a text, None for nothing); without it, what its cell says.
    `id` tells it from others where its name is cut."""

    name: str
    width: int
    right: bool = False
    spare: int = 0
    value: Callable[[Any], object] | None = None
    id: str = ""

    @property
    def key(self) -> str:
        """By what it is known."""
        return self.id or self.name

    @property
    def least(self) -> int:
        """Cells that it takes at least."""
        return self.width or LEAST_CELLS


def fitting(columns: Sequence[Column], room: int, skipped: int = 0, sorted_by: str = "") -> list[int]:
    """The columns for which there are `room` cells, by their place. Where the first `skipped` of those that may go have
    been scrolled away, what follows them is shown as far as it fits. What rows are sorted by stays."""
    movable = [at for at, column in enumerate(columns) if column.spare and column.key != sorted_by]
    away = set(movable[:skipped])
    shown = [at for at in range(len(columns)) if at not in away]
    leaving = sorted(
        (at for at in movable if at not in away),
        key=lambda at: (0 if skipped else columns[at].spare, at),
    )
    needed = sum(columns[at].least + len(GAP) for at in shown)
    while needed > room and leaving:
        last = leaving.pop()
        shown.remove(last)
        needed -= columns[last].least + len(GAP)
    return shown


def cells_of(columns: Sequence[Column], shown: Sequence[int], cells: Sequence[Piece], room: int) -> list[Piece]:
    """A row's cells, each as wide as its column."""
    free = room - sum(columns[at].width + len(GAP) for at in shown)
    pieces: list[Piece] = []
    for at in shown:
        column = columns[at]
        cell = cells[at] if at < len(cells) else Piece("")
        pieces += [Piece(fitted(cell.text, column.width or max(1, free), right=column.right), cell.style), Piece(GAP)]
    return pieces


def head_cells(columns: Sequence[Column], sorted_by: str, reverse: bool) -> list[Piece]:
    """The names, with a sign by that which rows are sorted by."""
    sign = DOWN if reverse else UP
    return [
        Piece(_signed(column, sign), "accent") if column.key == sorted_by else Piece(column.name, "dim")
        for column in columns
    ]


def _signed(column: Column, sign: str) -> str:
    name = column.name if not column.width else fitted(column.name, max(0, column.width - 1)).rstrip()
    return f"{name}{sign}"


def column_at(columns: Sequence[Column], shown: Sequence[int], x: int, room: int) -> int | None:
    """The place of the column in whose cells `x` lies, counted from the first cell; None beyond the last one."""
    free = room - sum(columns[at].width + len(GAP) for at in shown)
    for at in shown:
        x -= (columns[at].width or max(1, free)) + len(GAP)
        if x < 0:
            return at
    return None
