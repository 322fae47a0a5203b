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
    refused = failed = 0
    proposal = first
    for _ in range(draws):
        if len(chosen) >= count:
            break
        point = proposal if proposal is not None else tuple(deck.draw() for deck in decks)
        proposal = None
        if point not in chosen and allowed(point):
            chosen[point] = None
            failed = 0
            for deck, value in zip(decks, point, strict=True):
                deck.take(value)
            continue
        refused += point not in chosen
        failed += 1
        if failed % 2 == 0:  # Constraints may refuse all that the decks still hold.
            proposal = tuple(rng.randrange(size) for size in sizes)
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
