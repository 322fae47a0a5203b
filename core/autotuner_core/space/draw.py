"""An evenly spread part of a space that is too large to be listed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from autotuner_core.space.tally import Point


def draw_spread(
    count: int,
    sizes: Sequence[int],
    allowed: Callable[[Point], bool],
    rng: random.Random,
    draws: int,
    first: Point | None = None,
) -> tuple[list[Point], int]:
    """`count` points of the grid of `sizes`: each parameter deals its values from a shuffled deck, and begins a new
    one when all were dealt. `first` is drawn first, if given.

    Gives up after `draws`. Returns the points, and how many draws `allowed` refused.
    """
    decks = [_Deck(size, rng) for size in sizes]
    chosen: dict[Point, None] = {}
    refused = 0
    for attempt in range(draws):
        if len(chosen) >= count:
            break
        if attempt == 0 and first is not None:
            point = first
        elif attempt % 2 == 0:
            point = tuple(deck.draw() for deck in decks)
        else:  # Constraints may refuse all that the decks still hold: every other draw is free.
            point = tuple(rng.randrange(size) for size in sizes)
        if point in chosen:
            continue
        if not allowed(point):
            refused += 1
            continue
        chosen[point] = None
        for deck, value in zip(decks, point, strict=True):
            deck.take(value)
    return list(chosen), refused


class _Deck:
    """The values of one parameter that were taken least."""

    def __init__(self, size: int, rng: random.Random) -> None:
        self._size = size
        self._rng = rng
        self._left = list(range(size))

    def draw(self) -> int:
        return self._rng.choice(self._left)

    def take(self, value: int) -> None:
        if value in self._left:
            self._left.remove(value)
        if not self._left:
            self._left = list(range(self._size))
