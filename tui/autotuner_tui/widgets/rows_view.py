"""Keyed rows with a cursor and marks. Rows are made when they are to be seen: a thousand of them cost what a screenful
costs."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message
from textual.widget import Widget

from autotuner_tui.widgets.arrangement import Row
from autotuner_tui.widgets.columns import Column, Key, cells_of, fitting
from autotuner_tui.widgets.lines import Line, LinesView, Piece, width_of
from autotuner_tui.widgets.moving import Moving

LEAD = 2
"""Cells before each row: the cursor's place and a mark."""


class RowsView(Moving, LinesView):
    """The cursor stays on its key whatever comes or goes. `keys` are those that are shown, in their order."""

    class Chosen(Message):
        """The cursor is on another row; `key` is None on an empty table."""

        def __init__(self, table: RowsView, key: Key | None) -> None:
            super().__init__()
            self.table, self.key = table, key

        @property
        def control(self) -> Widget:
            """For `@on(..., "#id")`."""
            return self.table

    class Opened(Chosen):
        """A row was clicked twice."""

    def __init__(self, *, empty: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.columns: Sequence[Column] = ()
        self.keys: Sequence[Key] = ()
        self.marked: set[Key] = set()
        self.cursor: Key | None = None
        self._top = 0
        self._lost: Key | None = None
        self._at: dict[Key, int] = {}
        self._empty = empty
        self._row: Row = lambda key: ()

    def say_when_empty(self, text: str) -> None:
        """What stands there while there are no rows."""
        self._empty = text
        self.repaint()

    @property
    def chosen(self) -> tuple[Key, ...]:
        """The marked rows that are shown, in their order, or else the one under the cursor."""
        marked = tuple(key for key in self.keys if key in self.marked) if self.marked else ()
        return marked or ((self.cursor,) if self.cursor is not None else ())

    def place(self, keys: Sequence[Key]) -> None:
        """Show these rows from now on. A cursor whose row is gone goes to what stands in its place, and back when the
        row is there again, unless it was moved meanwhile."""
        before = self._here()
        self.keys, self._at = keys, {key: at for at, key in enumerate(keys)}
        if self._lost in self._at:
            self._go(self._at[self._lost])
            self._lost = None
        elif self.cursor not in self._at:
            self._lost = self._lost or self.cursor
            self._go(min(before, len(keys) - 1))
        self._keep_in_view()

    # ---- lines

    def head(self) -> Sequence[Piece]:
        """The cells of the first line."""
        return [Piece(column.name, "dim") for column in self.columns]

    def foot(self) -> Sequence[Line]:
        """Lines below the rows."""
        return ()

    def shown_columns(self) -> list[int]:
        """The places of the columns for which there is room."""
        return fitting(self.columns, self.cells_room)

    def visible_lines(self) -> Sequence[Line]:
        """The head, then the rows that fit."""
        foot = list(self.foot())
        if not self.keys:
            empty: list[Line] = [(Piece(part, "dim"),) for part in self._empty.splitlines()]
            return self._above(empty, foot)
        self._keep_in_view()
        shown = self.shown_columns()
        head = self._head_line(shown)
        return self._above(
            [head, *(self._row_line(key, shown) for key in self.keys[self._top : self._top + self.room])], foot
        )

    def _above(self, lines: list[Line], foot: list[Line]) -> list[Line]:
        rest = self.size.height - len(foot)
        return [*lines[:rest], *((),) * (rest - len(lines)), *foot] if foot else lines

    def _head_line(self, shown: Sequence[int]) -> Line:
        """A sign at either end tells of columns that are not shown."""
        hidden = [at for at in range(len(self.columns)) if at not in shown]
        left = "‹" if shown and any(at < shown[-1] for at in hidden) else " "
        cells = cells_of(self.columns, shown, self.head(), self.cells_room)
        if hidden and hidden[-1] > (shown[-1] if shown else -1):
            cells[-1] = Piece("›", "accent")
        return Piece(f"{left} ", "accent"), *cells

    def _row_line(self, key: Key, shown: Sequence[int]) -> Line:
        here, marked = key == self.cursor, key in self.marked
        lead = Piece(("▸" if here else " ") + ("*" if marked else " "), "accent")
        cells = (lead, *cells_of(self.columns, shown, self._row(key), self.cells_room))
        if not here or not self.has_focus:
            return cells
        rest = self.size.width - width_of(cells)
        padded = (*cells, Piece(" " * rest)) if rest > 0 else cells
        return tuple(Piece(piece.text, f"cursor {piece.style}".rstrip()) for piece in padded)

    @property
    def cells_room(self) -> int:
        """How many cells the columns have."""
        return self.size.width - LEAD

    @property
    def room(self) -> int:
        """How many rows can be seen."""
        return max(1, self.size.height - 1 - len(self.foot()))

    @property
    def length(self) -> int:
        """How many rows are shown."""
        return len(self.keys)

    # ---- the cursor

    def _keep_in_view(self) -> None:
        at = self._here()
        self._top = max(0, min(self._top, at, len(self.keys) - 1))
        if self.size.height and at >= self._top + self.room:
            self._top = at - self.room + 1

    def _go(self, at: int) -> None:
        key = self.keys[max(0, min(at, len(self.keys) - 1))] if self.keys else None
        if key != self.cursor:
            self.cursor = key
            self.post_message(self.Chosen(self, key))

    def move_to(self, key: Key) -> None:
        """Put the cursor on this row, where it is there."""
        if key in self._at:
            self.move(self._at[key] - self._here())

    def move(self, rows: int) -> None:
        """Put the cursor so many rows further down, or up."""
        self._lost = None
        self._go(self._here() + rows)
        self.repaint()

    def _here(self) -> int:
        return self._at.get(self.cursor, 0) if self.cursor is not None else 0
