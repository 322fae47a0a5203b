"""Which part of many rows is seen, where a row may take several lines of the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Place(NamedTuple):
    """The first line of the screen: a row, and which of its lines."""

    row: int = 0
    part: int = 0


def last_place(rows: int, height: int, tall: Callable[[int], int]) -> Place:
    """Where the last row stands at the bottom. `tall`: how many lines of the screen a row takes, at least 1."""
    row, left = rows, height
    while row > 0 and left > 0:
        row -= 1
        left -= tall(row)
    return Place(row, max(0, -left))


def moved(place: Place, by: int, tall: Callable[[int], int]) -> Place:
    """So many lines of the screen down, or up where negative; not above the first row."""
    row, part = place.row, place.part + by
    while part < 0 and row > 0:
        row -= 1
        part += tall(row)
    while part > 0 and part >= tall(row):
        part -= tall(row)
        row += 1
    return Place(row, max(0, part))
