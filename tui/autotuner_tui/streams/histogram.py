"""Percentiles of many values in little room: counts by size, each bin 1 % wider than the one before."""

from __future__ import annotations

import math
from collections.abc import Mapping

GROWTH = math.log(1.01)
LEAST = 1e-7


class Histogram:
    """Counts of positive values. What it gives back is right within half a percent."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def add(self, value: float) -> None:
        """Count one value; what is not above 0 counts as next to nothing."""
        at = round(math.log(max(value, LEAST)) / GROWTH)
        self._counts[at] = self._counts.get(at, 0) + 1

    def merge(self, other: Histogram) -> None:
        """Count what the other has counted."""
        for at, count in other._counts.items():
            self._counts[at] = self._counts.get(at, 0) + count

    def percentile(self, percent: float) -> float | None:
        """The value below which `percent` of all lie; None where there are none."""
        return _percentile(self._counts, percent)


def _percentile(counts: Mapping[int, int], percent: float) -> float | None:
    rank = math.ceil(sum(counts.values()) * percent / 100)
    for at in sorted(counts):
        rank -= counts[at]
        if rank <= 0:
            return math.exp(at * GROWTH)
    return None
