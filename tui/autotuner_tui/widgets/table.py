"""A table: rows with a cursor and marks, which a person filters, sorts and scrolls sideways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.events import Click, Paste
from textual.events import Key as KeyPressed

from autotuner_tui.places import TABLE
from autotuner_tui.screens.acting import Acting
from autotuner_tui.widgets.arranged_rows import ArrangedRows
from autotuner_tui.widgets.columns import Column, Key, column_at, fitting
from autotuner_tui.widgets.lines import EMPTY, Line, line, plain_text
from autotuner_tui.widgets.rows_view import LEAD
from autotuner_tui.widgets.typed_line import TypedLine

__all__ = ["Column", "Key", "Table", "table_text"]


class Table(ArrangedRows, Acting, can_focus=True):
    """What a person does with rows; see ArrangedRows."""

    PLACE: ClassVar[str] = TABLE

    def __init__(self, *, empty: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(empty=empty, id=id, classes=classes)
        self._filter = TypedLine("/")
        self._skipped = 0

    # ---- lines

    def foot(self) -> Sequence[Line]:
        """The filter, where there is one."""
        if not self._filter.there:
            return ()
        found = "…" if self.arranging else len(self.keys)
        return (self._filter.line(f"{found} of {len(self._given)}"),)

    def shown_columns(self) -> list[int]:
        """See `fitting`."""
        return fitting(self.columns, self.cells_room, self._skipped, self.arrangement.column)

    def visible_lines(self) -> Sequence[Line]:
        """Where the filter leaves nothing, that is said."""
        if self._given and not self.keys and not self.arranging:
            return self._above([line((" no row has these words", "dim"))], list(self.foot()))
        return super().visible_lines()

    # ---- filter, order, columns

    def do_filter(self) -> None:
        """Type words; rows that have all of them are shown."""
        self._filter.typing = True
        self.repaint()

    def on_key(self, event: KeyPressed) -> None:
        """Keys are the filter's while it is typed; Esc clears it later too."""
        if not (self._filter.typing or (event.key == "escape" and self._filter.there)):
            return
        if self._filter.take(event):
            event.stop()
            event.prevent_default()
            self._filter_changed()

    def on_paste(self, event: Paste) -> None:
        """Text for the filter."""
        if self._filter.typing:
            event.stop()
            self._filter.paste(event.text)
            self._filter_changed()

    def _filter_changed(self) -> None:
        self.arrangement.words = self._filter.text
        self.rearrange()

    def do_sort(self) -> None:
        """Sort by the next column."""
        self.arrangement.next_column(self.columns)
        self.rearrange()

    def do_reverse(self) -> None:
        """The other way round."""
        self.arrangement.reverse = not self.arrangement.reverse and bool(self.arrangement.column)
        self.rearrange()

    def do_left(self) -> None:
        """Columns that were scrolled away."""
        self._skipped = max(0, self._skipped - 1)
        self.repaint()

    def do_right(self) -> None:
        """Columns for which there was no room."""
        shown = self.shown_columns()
        if any(at not in shown for at in range(shown[-1] + 1 if self._skipped and shown else 0, len(self.columns))):
            self._skipped += 1
        self.repaint()

    # ---- marks, the mouse

    def do_mark(self) -> None:
        """Mark the row, or take its mark away; go one down, so that many are marked by one key."""
        if self.cursor is not None:
            self.marked ^= {self.cursor}
            self.move(1)

    def on_focus(self) -> None:
        """The cursor's row shows who has the keys."""
        self.repaint()

    def on_blur(self) -> None:
        """See on_focus."""
        self._filter.typing = False
        self.repaint()

    def on_click(self, event: Click) -> None:
        """The row under the pointer; twice opens it. A head sorts by its column."""
        inside = event.get_content_offset(self)
        if inside is None:
            return
        if inside.y == 0:
            self._click_head(inside.x)
        elif inside.y <= min(self.room, len(self.keys) - self._top):
            self.move_to(self.keys[self._top + inside.y - 1])
            if event.chain == 2:
                self.post_message(self.Opened(self, self.cursor))

    def _click_head(self, x: int) -> None:
        at = column_at(self.columns, self.shown_columns(), x - LEAD, self.cells_room)
        if at is not None and x >= LEAD and self.keys:
            self.arrangement.sort_by(self.columns[at].key)
            self.rearrange()


def table_text(table: Table) -> list[str]:
    """What the table shows now, for tests."""
    return [plain_text(shown).rstrip() if shown != EMPTY else "" for shown in table.visible_lines()]
