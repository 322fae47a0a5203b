"""The configurations that a task asks for: all combinations, without those its constraints leave out, and an evenly
spread part of the rest where there are more than it may take."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autotuner_core.space.constraints import Constraint, spelt
from autotuner_core.space.draw import draw_spread
from autotuner_core.space.spread import spread
from autotuner_core.space.tally import Point
from autotuner_core.space.values import values_of

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

Configuration = dict[str, Any]

MOST_LISTED = 20_000
"""Combinations that are listed one by one; of larger spaces a part is drawn."""
MOST_CHOSEN = 10_000
"""Configurations of one run. At a minute each that is a week."""
_DRAWS = 20_000


@dataclass(frozen=True)
class Candidates:
    """What a task's parameters give.

    `product`: all combinations; `rejected`: those left out by constraints; `chosen`: the ones to measure, in the
    grid's order (the last parameter changes fastest); `dropped`: those left out because of max_iterations. Where the
    space was too large to be listed (`sampled`), `rejected` counts among the ones drawn only, and `dropped` is None:
    not known.
    """

    product: int
    rejected: int
    chosen: tuple[Configuration, ...]
    dropped: int | None
    sampled: bool = False


class TooManyCandidates(ValueError):
    """More configurations than a run can hold, and no max_iterations that says how many to take."""


def candidates(task: Task) -> Candidates:
    """The configurations of `task`. The same task gives the same ones, by its seed; a baseline that is one of the
    combinations is always among them.

    Raises ConstraintError (a constraint without an answer for some configuration) and TooManyCandidates.
    """
    grid = _Grid(task)
    limit = task.optimization.max_iterations
    if min(limit or grid.product, grid.product) > MOST_CHOSEN:
        raise TooManyCandidates(
            f"{grid.product:,} combinations are more than the {MOST_CHOSEN:,} that a run can hold"
            if limit is None
            else f"max_iterations is above the {MOST_CHOSEN:,} configurations that a run can hold"
        )
    rng = random.Random(task.optimization.seed)
    if grid.product > MOST_LISTED:
        return _drawn(grid, limit or grid.product, rng, task.baseline)
    points = [point for point in itertools.product(*map(range, grid.sizes)) if grid.allowed(point)]
    chosen = points
    if limit is not None and len(points) > limit:
        first = grid.point_of(task.baseline)
        if task.optimization.strategy == "random_search":
            chosen = _by_chance(points, limit, rng, first)
        else:
            chosen = spread(points, limit, grid.sizes, rng, first)
    return Candidates(
        product=grid.product,
        rejected=grid.product - len(points),
        chosen=tuple(map(grid.configuration, sorted(chosen))),
        dropped=len(points) - len(chosen),
    )


def _drawn(grid: _Grid, limit: int, rng: random.Random, baseline: Mapping[str, Any] | None) -> Candidates:
    points, refused = draw_spread(limit, grid.sizes, grid.allowed, rng, max(_DRAWS, 4 * limit), grid.point_of(baseline))
    return Candidates(grid.product, refused, tuple(map(grid.configuration, sorted(points))), None, sampled=True)


def _by_chance(points: Sequence[Point], limit: int, rng: random.Random, first: Point | None) -> list[Point]:
    if first is None or first not in points:
        return rng.sample(points, limit)
    return [first, *rng.sample([point for point in points if point != first], limit - 1)]


class _Condition:
    """A constraint over points. Its answer hangs on the few parameters that it names, so it is asked once for each
    combination of their values."""

    def __init__(self, constraint: Constraint, names: Sequence[str]) -> None:
        self._constraint = constraint
        self._named = [index for index, name in enumerate(names) if spelt(name) in constraint.names]
        self._answers: dict[Point, bool] = {}

    def holds(self, point: Point, configuration: Callable[[Point], Configuration]) -> bool:
        key = tuple(point[index] for index in self._named)
        if key not in self._answers:
            self._answers[key] = self._constraint.allows(configuration(point))
        return self._answers[key]


class _Grid:
    """All combinations of a task's values, by index."""

    def __init__(self, task: Task) -> None:
        self.names = list(task.parameters)
        self.values = [values_of(parameter) for parameter in task.parameters.values()]
        self.sizes = [len(values) for values in self.values]
        self.product = math.prod(self.sizes)
        self._conditions = [_Condition(Constraint(text, task.fixed), self.names) for text in task.constraints]

    def configuration(self, point: Point) -> Configuration:
        return {name: values[index] for name, values, index in zip(self.names, self.values, point, strict=True)}

    def allowed(self, point: Point) -> bool:
        return all(condition.holds(point, self.configuration) for condition in self._conditions)

    def point_of(self, configuration: Mapping[str, Any] | None) -> Point | None:
        """The point of a configuration, or None where it is not one of the grid."""
        if configuration is None or set(configuration) != set(self.names):
            return None
        wanted = [value_key(configuration[name]) for name in self.names]
        known = [[value_key(value) for value in values] for values in self.values]
        if not all(key in keys for key, keys in zip(wanted, known, strict=True)):
            return None
        return tuple(keys.index(key) for key, keys in zip(wanted, known, strict=True))


def value_key(value: Any) -> str:
    """Two values of a parameter are the same if this is the same: 1 and 1.0 are, 1 and true and "1" are not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)
