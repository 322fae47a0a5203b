"""A panel of lines that is scrolled by keys and the wheel; what is read stays put while lines change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from autotuner_tui.places import TEXT
from autotuner_tui.screens.acting import Acting
from autotuner_tui.widgets.lines import Line, LinesView
from autotuner_tui.widgets.moving import Moving


class ScrolledLines(Moving, LinesView, Acting, can_focus=True):
    """`show` gives all lines; the border's lower edge tells how many are out of sight."""

    PLACE: ClassVar[str] = TEXT

    DEFAULT_CSS = "ScrolledLines { border-subtitle-align: right; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()
        self._top = 0
        self._title = ""

    def show(self, title: str, lines: Sequence[Line]) -> None:
        """Show these lines under this title."""
        self._title, self._lines = title, lines
        self.repaint()

    def visible_lines(self) -> Sequence[Line]:
        """Those in sight."""
        self._top = max(0, min(self._top, len(self._lines) - self.size.height))
        return self._lines[self._top : self._top + self.size.height]

    def repaint(self) -> None:
        """The title tells of what is out of sight."""
        if self.is_attached and self.size.height:
            below = len(self._lines) - self._top - self.size.height
            parts = [f"↑ {self._top}" if self._top else "", f"↓ {below}" if below > 0 else ""]
            self.entitle(self._title, " ".join(part for part in parts if part))
        super().repaint()

    def move(self, rows: int) -> None:
        """So many lines further down, or up."""
        self._top = max(0, min(self._top + rows, len(self._lines) - self.size.height))
        self.repaint()

    @property
    def room(self) -> int:
        """How many lines can be seen."""
        return self.size.height

    @property
    def length(self) -> int:
        """How many lines there are."""
        return len(self._lines)
