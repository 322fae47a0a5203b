"""An evenly spread part of a list of configurations: every value of every parameter as often as every other, and as
far as that goes every pair of values too, so that no two parameters change only together."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from autotuner_core.space.draw import draw_spread
from autotuner_core.space.tally import Point, Tally

_STEPS = 600_000
"""Pairs of values that may be compared in all. It bounds the time (about a second)."""
_STEPS_OF_A_SWAP = 16
_DRAWS = 20


def spread(
    points: Sequence[Point], count: int, sizes: Sequence[int], rng: random.Random, first: Point | None = None
) -> list[Point]:
    """`count` of `points`: greedily, the next one is always one whose values, then pairs of values, were taken least;
    where those are too many to be compared each time, the values are dealt. Then values are swapped between points
    while that makes the pairs more even.

    `sizes` are the numbers of values; `first` is taken first where it is one of the points.
    """
    free = set(points)
    first = first if first in free else None
    pairs = max(1, len(sizes) * (len(sizes) - 1) // 2)
    if len(points) * count * pairs <= _STEPS:
        taken = _greedy(points, count, Tally(sizes), rng, first)
    else:
        taken, _ = draw_spread(count, sizes, free.__contains__, rng, _DRAWS * count, first)
        chosen = set(taken)
        rest = [point for point in points if point not in chosen] if len(taken) < count else []
        taken += rng.sample(rest, min(len(rest), count - len(taken)))
    tally = Tally(sizes)
    tally.add(*taken)
    return _evened(taken, int(first is not None), free.difference(taken), tally, _STEPS // (_STEPS_OF_A_SWAP * pairs))


def _greedy(points: Sequence[Point], count: int, tally: Tally, rng: random.Random, first: Point | None) -> list[Point]:
    remaining = list(points)
    rng.shuffle(remaining)
    taken: list[Point] = []
    while remaining and len(taken) < count:
        best = first if first is not None and not taken else min(remaining, key=tally.seen)
        remaining.remove(best)
        taken.append(best)
        tally.add(best)
    return taken


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
