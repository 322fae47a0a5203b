"""A table of keyed rows: cursor, marks, filter and order. Rows are made when they are to be seen: a thousand of them
cost what a screenful costs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, NamedTuple

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.widget import Widget

from autotuner_tui.registry import TABLE
from autotuner_tui.screens.acting import Acting
from autotuner_tui.widgets.lines import EMPTY, Line, LinesView, Piece, fitted, plain_text, width_of

Key = Hashable
GAP = " "


class Column(NamedTuple):
    """`width` in cells, 0 takes what is left. Those with a higher `spare` go first where there is no room; 0 stays."""

    name: str
    width: int
    right: bool = False
    spare: int = 0


class Table(LinesView, Acting, can_focus=True):
    """`rows` gives the keys in their order, `row` the cells of one. The cursor stays on its key whatever comes or goes.

    `lead` is what stands before each row's cells: the cursor's place and a mark.
    """

    PLACE: ClassVar[str] = TABLE

    class Chosen(Message):
        """The cursor is on another row; `key` is None on an empty table."""

        def __init__(self, table: Table, key: Key | None) -> None:
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
        self._at: dict[Key, int] = {}
        self._empty = empty
        self._row: Callable[[Key], Sequence[Piece]] = lambda key: ()

    def show(self, columns: Sequence[Column], keys: Sequence[Key], row: Callable[[Key], Sequence[Piece]]) -> None:
        """Show these rows. Cheap where nothing has changed; call it on every tick."""
        self.columns, self._row = columns, row
        if keys is not self.keys:
            self._place(keys)
        self.repaint()

    def say_when_empty(self, text: str) -> None:
        """What stands there while there are no rows."""
        self._empty = text
        self.repaint()

    @property
    def chosen(self) -> tuple[Key, ...]:
        """The marked rows in their order, or else the one under the cursor."""
        marked = tuple(key for key in self.keys if key in self.marked)
        return marked or ((self.cursor,) if self.cursor is not None else ())

    def _place(self, keys: Sequence[Key]) -> None:
        before = self._at.get(self.cursor, 0) if self.cursor is not None else 0
        self.keys, self._at = keys, {key: at for at, key in enumerate(keys)}
        self.marked &= self._at.keys()
        if self.cursor not in self._at:
            self._go(min(before, len(keys) - 1))
        self._keep_in_view()

    # ---- lines

    def visible_lines(self) -> Sequence[Line]:
        """The head, then the rows that fit."""
        if not self.keys:
            return [(Piece(part, "dim"),) for part in self._empty.splitlines()]
        self._keep_in_view()
        shown = self._fitting()
        lead = Piece("  ")
        head = (lead, *self._cells(shown, [Piece(column.name, "dim") for column in self.columns]))
        return [head, *(self._row_line(key, shown) for key in self.keys[self._top : self._top + self._room])]

    def _row_line(self, key: Key, shown: Sequence[int]) -> Line:
        here, marked = key == self.cursor, key in self.marked
        lead = Piece(("▸" if here else " ") + ("*" if marked else " "), "accent")
        cells = (lead, *self._cells(shown, self._row(key)))
        if not here or not self.has_focus:
            return cells
        rest = self.size.width - width_of(cells)
        padded = (*cells, Piece(" " * rest)) if rest > 0 else cells
        return tuple(Piece(piece.text, f"cursor {piece.style}".rstrip()) for piece in padded)

    def _cells(self, shown: Sequence[int], cells: Sequence[Piece]) -> list[Piece]:
        free = self.size.width - 2 - sum((self.columns[at].width or 0) + 1 for at in shown)
        pieces: list[Piece] = []
        for at in shown:
            column = self.columns[at]
            cell = cells[at] if at < len(cells) else Piece("")
            width = column.width or max(1, free)
            pieces += [Piece(fitted(cell.text, width, right=column.right), cell.style), Piece(GAP)]
        return pieces

    def _fitting(self) -> list[int]:
        """The columns for which there is room."""
        shown = list(range(len(self.columns)))
        room = self.size.width - 2
        while sum((self.columns[at].width or 8) + 1 for at in shown) > room:
            spare = max(shown, key=lambda at: (self.columns[at].spare, at), default=None)
            if spare is None or not self.columns[spare].spare:
                break
            shown.remove(spare)
        return shown

    @property
    def _room(self) -> int:
        return max(1, self.size.height - 1)

    # ---- moving

    def _keep_in_view(self) -> None:
        at = self._at.get(self.cursor, 0) if self.cursor is not None else 0
        self._top = max(0, min(self._top, at, len(self.keys) - 1))
        if self.size.height and at >= self._top + self._room:
            self._top = at - self._room + 1

    def _go(self, at: int) -> None:
        if not self.keys:
            at, key = 0, None
        else:
            key = self.keys[max(0, min(at, len(self.keys) - 1))]
        if key != self.cursor:
            self.cursor = key
            self.post_message(self.Chosen(self, key))

    def move_to(self, key: Key) -> None:
        """Put the cursor on this row, where it is there."""
        if key in self._at:
            self._move(self._at[key])

    def _move(self, at: int) -> None:
        self._go(at)
        self.repaint()

    def _here(self) -> int:
        return self._at.get(self.cursor, 0) if self.cursor is not None else 0

    def do_down(self) -> None:
        """A row down."""
        self._move(self._here() + 1)

    def do_up(self) -> None:
        """A row up."""
        self._move(self._here() - 1)

    def do_page_down(self) -> None:
        """A screenful down."""
        self._move(self._here() + self._room)

    def do_page_up(self) -> None:
        """A screenful up."""
        self._move(self._here() - self._room)

    def do_top(self) -> None:
        """To the first row."""
        self._move(0)

    def do_bottom(self) -> None:
        """To the last row."""
        self._move(len(self.keys) - 1)

    def do_mark(self) -> None:
        """Mark the row, or take its mark away; go one down, so that many are marked by one key."""
        if self.cursor is not None:
            self.marked ^= {self.cursor}
            self.do_down()

    def on_focus(self) -> None:
        """The cursor's row shows who has the keys."""
        self.repaint()

    def on_blur(self) -> None:
        """See on_focus."""
        self.repaint()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self._move(self._here() + 3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self._move(self._here() - 3)

    def on_click(self, event: Click) -> None:
        """The row under the pointer; twice opens it."""
        inside = event.get_content_offset(self)
        if inside is None or not 1 <= inside.y <= len(self.keys) - self._top:
            return
        self._move(self._top + inside.y - 1)
        if event.chain == 2:
            self.post_message(self.Opened(self, self.cursor))


def table_text(table: Table) -> list[str]:
    """What the table shows now, for tests."""
    return [plain_text(shown).rstrip() if shown != EMPTY else "" for shown in table.visible_lines()]
