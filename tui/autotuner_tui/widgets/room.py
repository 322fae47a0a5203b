"""Which of several panels has the room where not all have any."""

from __future__ import annotations

from textual.widget import Widget


def give_room(panels: Widget, number: int, count: int) -> None:
    """Have the style of so many panels give the room to one of them, from 1: by the class `-main-N`."""
    panels.remove_class(*(f"-main-{n}" for n in range(1, count + 1)))
    panels.add_class(f"-main-{number}")
