"""How often each value, and each pair of values, is among the points taken so far."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

Point = tuple[int, ...]
"""A configuration as the index of each parameter's value."""


class Tally:
    """Counts over points. `sizes` are the numbers of values of the parameters."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._values: Counter[tuple[int, int]] = Counter()
        self._pairs: Counter[tuple[int, int, int, int]] = Counter()

    def add(self, *points: Point) -> None:
        for point in points:
            self._values.update(enumerate(point))
            self._pairs.update(_pairs(point))

    def remove(self, *points: Point) -> None:
        for point in points:
            self._values.subtract(enumerate(point))
            self._pairs.subtract(_pairs(point))

    def seen(self, point: Point) -> tuple[int, int]:
        """How often its values were taken, against an even share, and how often its pairs of values were. Taking the
        point for which this is least raises the sums of squares of all counts least."""
        values = sum(self._values[item] * self._sizes[item[0]] for item in enumerate(point))
        return values, sum(self._pairs[pair] for pair in _pairs(point))

    def seen_together(self, first: Point, second: Point) -> int:
        """How often the pairs of values of two points were taken, the second after the first."""
        pairs = self.seen(first)[1]
        self.add(first)
        pairs += self.seen(second)[1]
        self.remove(first)
        return pairs


def _pairs(point: Point) -> Iterable[tuple[int, int, int, int]]:
    for (first, value), (second, other) in itertools.combinations(enumerate(point), 2):
        yield first, second, value, other
