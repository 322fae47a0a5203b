"""A panel of lines that is scrolled by keys and the wheel; what is read stays put while lines change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.events import MouseScrollDown, MouseScrollUp

from autotuner_tui.registry import TEXT
from autotuner_tui.screens.acting import Acting
from autotuner_tui.widgets.lines import Line, LinesView

WHEEL = 3


class ScrolledLines(LinesView, Acting, can_focus=True):
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

    def scroll_rows(self, rows: int) -> None:
        """So many lines further down, or up."""
        self._top = max(0, min(self._top + rows, len(self._lines) - self.size.height))
        self.repaint()

    def do_down(self) -> None:
        """A line down."""
        self.scroll_rows(1)

    def do_up(self) -> None:
        """A line up."""
        self.scroll_rows(-1)

    def do_page_down(self) -> None:
        """A screenful down."""
        self.scroll_rows(self.size.height)

    def do_page_up(self) -> None:
        """A screenful up."""
        self.scroll_rows(-self.size.height)

    def do_top(self) -> None:
        """To the beginning."""
        self.scroll_rows(-len(self._lines))

    def do_bottom(self) -> None:
        """To the end."""
        self.scroll_rows(len(self._lines))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Some lines down."""
        event.stop()
        self.scroll_rows(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Some lines up."""
        event.stop()
        self.scroll_rows(-WHEEL)
