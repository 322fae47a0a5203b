"""The keys and the wheel by which one moves up and down in a widget."""

from __future__ import annotations

from textual.events import MouseScrollDown, MouseScrollUp

WHEEL = 3
"""Rows that a notch of the wheel moves."""


class Moving:
    """Mixed into a widget that says what moving is."""

    def move(self, rows: int) -> None:
        """So many rows further down, or up, as far as there are any."""
        raise NotImplementedError

    @property
    def room(self) -> int:
        """How many rows can be seen."""
        raise NotImplementedError

    @property
    def length(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def do_down(self) -> None:
        """A row down."""
        self.move(1)

    def do_up(self) -> None:
        """A row up."""
        self.move(-1)

    def do_page_down(self) -> None:
        """A screenful down."""
        self.move(self.room)

    def do_page_up(self) -> None:
        """A screenful up."""
        self.move(-self.room)

    def do_top(self) -> None:
        """To the first row."""
        self.move(-self.length)

    def do_bottom(self) -> None:
        """To the last row."""
        self.move(self.length)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Some rows down."""
        event.stop()
        self.move(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Some rows up."""
        event.stop()
        self.move(-WHEEL)
