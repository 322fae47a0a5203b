"""An evenly spread part of a list of configurations: every value of every parameter as often as every other, and as
far as that goes every pair of values too, so that no two parameters change only together."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from autotuner_core.space.tally import Point, Tally

_STEPS = 2_000_000
"""Pairs of values that are compared in all. It bounds the time (about a second), and with it how even a large part
of a large set is."""
_FEWEST_LOOKS = 8


def spread(
    points: Sequence[Point], count: int, sizes: Sequence[int], rng: random.Random, first: Point | None = None
) -> list[Point]:
    """`count` of `points`, greedily: the next one is always one whose values, then pairs of values, were taken least.
    Then values are swapped between those taken while that makes the pairs more even.

    `sizes` are the numbers of values; `first` is taken first where it is one of the points. With more points than can
    be compared each time, as many as can be are drawn by `rng`.
    """
    tally = Tally(sizes)
    taken: list[Point] = []
    remaining = list(points)
    rng.shuffle(remaining)
    kept = 0
    if first is not None and first in remaining:
        remaining.remove(first)
        remaining.append(first)
        kept = 1
    pairs = max(1, len(sizes) * (len(sizes) - 1) // 2)
    looks = max(_FEWEST_LOOKS, _STEPS // (count * pairs))
    while remaining and len(taken) < count:
        best = len(remaining) - 1 if len(taken) < kept else _least_seen(remaining, looks, tally, rng)
        taken.append(remaining[best])
        tally.add(remaining[best])
        remaining[best] = remaining[-1]
        remaining.pop()
    return _evened(taken, kept, set(remaining), tally, _STEPS // (4 * pairs))


def _least_seen(points: Sequence[Point], looks: int, tally: Tally, rng: random.Random) -> int:
    seen = range(len(points)) if len(points) <= looks else rng.sample(range(len(points)), looks)
    return min(seen, key=lambda index: tally.seen(points[index]))


def _evened(taken: list[Point], kept: int, free: set[Point], tally: Tally, swaps: int) -> list[Point]:
    """Swap single values between two points where both results are free to take: the count of each value stays."""
    improved = True
    while improved and swaps > 0:
        improved = False
        for one, other in itertools.combinations(range(kept, len(taken)), 2):
            for new_one, new_other in _swaps(taken[one], taken[other]):
                swaps -= 1
                if swaps <= 0:
                    return taken
                if new_one not in free or new_other not in free:
                    continue
                old_one, old_other = taken[one], taken[other]
                tally.remove(old_one, old_other)
                if tally.seen_together(new_one, new_other) < tally.seen_together(old_one, old_other):
                    taken[one], taken[other] = new_one, new_other
                    free -= {new_one, new_other}
                    free |= {old_one, old_other}
                    improved = True
                tally.add(taken[one], taken[other])
    return taken


def _swaps(one: Point, other: Point) -> Iterator[tuple[Point, Point]]:
    for place in range(len(one)):
        if one[place] != other[place]:
            yield (
                (*one[:place], other[place], *one[place + 1 :]),
                (*other[:place], one[place], *other[place + 1 :]),
            )
