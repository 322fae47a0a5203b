"""A panel that shows given lines from the top."""

from __future__ import annotations

from collections.abc import Sequence

from autotuner_tui.widgets.lines import Line, LinesView


class TextLines(LinesView):
    """Not scrolled: what does not fit is cut."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        self._lines = lines
        self.repaint()

    def visible_lines(self) -> Sequence[Line]:
        """The first that fit."""
        return self._lines[: self.size.height]
