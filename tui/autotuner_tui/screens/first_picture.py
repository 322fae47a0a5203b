"""A screen's first picture: laid out once, and painted once its panels are filled. Painting it empty, and again at the
size that it has, would take a slow machine twice as long to show anything."""

from __future__ import annotations

from typing import Any

from textual.events import ScreenResume
from textual.screen import Screen


class FirstPicture(Screen[Any]):
    """Base of screens whose panels are filled by their first tick."""

    _filled = False

    def on_compose(self) -> None:
        """Take the classes of the terminal's size: Textual does so only after it has laid the screen out."""
        width, height = self.app.size
        for least_sizes, size in ((self.HORIZONTAL_BREAKPOINTS, width), (self.VERTICAL_BREAKPOINTS, height)):
            fitting = [(least, name) for least, name in least_sizes or () if size >= least]
            if fitting:
                self.add_class(max(fitting)[1], update=False)  # panels that have styles are only about to come

    def _on_screen_resume(self, event: ScreenResume) -> None:
        """Textual's: panels that have just come have their styles."""
        event.refresh_styles = event.refresh_styles and self._filled

    def _compositor_refresh(self) -> None:
        """Textual's: what has changed is sent to the terminal."""
        if self._filled:
            super()._compositor_refresh()

    def paint_filled(self) -> None:
        """The panels are filled: from now on whatever changes is painted."""
        if not self._filled:
            self._filled = True
            self.refresh()
