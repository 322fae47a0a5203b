"""A panel of lines of which a part is seen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import MouseScrollDown, MouseScrollUp

from autotuner_tui.widgets.lines import Line, Piece
from autotuner_tui.widgets.text_lines import TextLines


class ScrollLines(TextLines):
    """The last row says how many more lines there are below."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._top = 0

    def visible_lines(self) -> Sequence[Line]:
        """From the top of the part; where more follow, that takes the last row."""
        height = self.size.height
        self._top = max(0, min(self._top, len(self._lines) - height))
        shown = list(self._lines[self._top : self._top + height])
        below = len(self._lines) - self._top - height
        if below > 0 and height > 1:
            shown[-1] = (Piece(f"↓ {below + 1} more lines", "dim"),)
        return shown

    def show_line(self, at: int) -> None:
        """Bring a line into view."""
        if not self._top <= at < self._top + self.size.height - 1:
            self._top = max(0, at - 1)
            self.repaint()

    def page(self) -> None:
        """A panelful down; from the end back to the beginning."""
        step = max(1, self.size.height - 2)
        self._top = self._top + step if self._top + self.size.height < len(self._lines) else 0
        self.repaint()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Three lines down."""
        event.stop()
        self._top += 3
        self.repaint()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Three lines up."""
        event.stop()
        self._top -= 3
        self.repaint()
