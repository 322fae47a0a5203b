"""Rows that are filtered and sorted, and stay so while they come and go and change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autotuner_core.run.touched import Touched
from autotuner_tui.widgets.arrangement import Arrangement, Row
from autotuner_tui.widgets.columns import Column, Key, head_cells
from autotuner_tui.widgets.lines import Piece
from autotuner_tui.widgets.rows_view import RowsView

A_WHILE = 0.01
"""Seconds for which rows are gone through at once. A thousand rows of eighty figures take thirty times as long; keys
are heard in between."""


class ArrangedRows(RowsView):
    """Which rows stand there and in which order; see RowsView for how they are shown."""

    def __init__(self, *, empty: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(empty=empty, id=id, classes=classes)
        self.arrangement = Arrangement()
        self.arranging = False
        """Whether it will be known in a moment only which rows stand there."""
        self._given: Sequence[Key] = ()
        self._touched: tuple[Touched[Any] | None, int] = (None, 0)

    def show(
        self, columns: Sequence[Column], keys: Sequence[Key], row: Row, touched: Touched[Any] | None = None
    ) -> None:
        """Show these rows. Cheap where nothing has changed; call it on every tick. Where rows are filtered or sorted,
        those that were touched are gone through once more; without `touched` all of them."""
        changed = self._forget(columns, touched) and self.arrangement.touches
        self.columns, self._row = columns, row
        if keys is not self._given:
            self._given, changed = keys, True
            there = set(keys) if self.marked or self.arrangement.touches else ()
            self.marked &= set(there)
            if self.arrangement.touches:
                self.place([key for key in self.keys if key in there])
        if changed:
            self.rearrange()
        else:
            self.repaint()

    def _forget(self, columns: Sequence[Column], touched: Touched[Any] | None) -> bool:
        """Whether what rows say may be another."""
        before, self._touched = self._touched, (touched, touched.moment if touched is not None else 0)
        if touched is None or touched is not before[0] or columns is not self.columns:
            self.arrangement.forget_all()
            return True
        self.arrangement.forget(touched.since(before[1]))
        return before != self._touched

    def rearrange(self) -> None:
        """Filter and sort anew; where that takes longer than a while, those that stand there stay until then."""
        if not self.arranging:
            self._arrange()

    def _arrange(self) -> None:
        seconds = A_WHILE if self.is_attached else math.inf
        self.arranging = not self.arrangement.look(self._given, self.columns, self._row, seconds)
        if self.arranging:
            self.set_timer(A_WHILE / 10, self._arrange)
        else:
            self.place(self.arrangement.arranged(self._given, self.columns, self._row))
        self.repaint()

    def head(self) -> Sequence[Piece]:
        """The names, with a sign by that which rows are sorted by."""
        return head_cells(self.columns, self.arrangement.column, self.arrangement.reverse)
