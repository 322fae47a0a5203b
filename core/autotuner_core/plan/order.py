"""The order in which experiments are run: shuffled, so that a drift of the machine does not follow a parameter."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from autotuner_core.plan.plan import PlannedExperiment
from autotuner_core.space.candidates import value_key

_TRIES = 64
_MOST_TRIED = 500
"""Above so many experiments any shuffle is balanced, and trying many takes time."""


def execution_order(experiments: Sequence[PlannedExperiment], seed: int) -> tuple[int, ...]:
    """The ids in the order of running: the baseline, then the others shuffled by the seed.

    A few experiments can by chance still be in the order of a parameter. So of several shuffles the one is taken that
    is least in the order of any.
    """
    first = [experiment.id for experiment in experiments if experiment.why == "baseline"]
    others = [experiment for experiment in experiments if experiment.why != "baseline"]
    rng = random.Random(f"order {seed}")
    tries = _TRIES if len(others) <= _MOST_TRIED else 1
    shuffles = [rng.sample(range(len(others)), len(others)) for _ in range(tries)]
    ranks = _ranks(others)
    best = min(shuffles, key=lambda order: worst_correlation(order, ranks))
    return (*first, *(others[position].id for position in best))


def worst_correlation(order: Sequence[int], ranks: Sequence[Sequence[float]]) -> float:
    """The largest correlation (0 to 1, without its sign) of the places in an order with a parameter's values.

    `order` are positions of experiments, `ranks` one row for each parameter, with a number for every experiment.
    """
    return max((_correlation(order, row) for row in ranks), default=0.0)


def _correlation(order: Sequence[int], row: Sequence[float]) -> float:
    middle = (len(order) - 1) / 2
    mean = math.fsum(row) / len(row)
    together = math.fsum((place - middle) * (row[position] - mean) for place, position in enumerate(order))
    of_places = math.fsum((place - middle) ** 2 for place in range(len(order)))
    of_values = math.fsum((value - mean) ** 2 for value in row)
    return abs(together) / math.sqrt(of_places * of_values) if of_places * of_values else 0.0


def _ranks(experiments: Sequence[PlannedExperiment]) -> list[list[float]]:
    """For every parameter the rank of each experiment's value among those that occur, in grid order."""
    names = dict.fromkeys(name for experiment in experiments for name in experiment.parameters)
    rows = []
    for name in names:
        keys = [value_key(experiment.parameters.get(name)) for experiment in experiments]
        rank = {key: float(number) for number, key in enumerate(dict.fromkeys(keys))}
        rows.append([rank[key] for key in keys])
    return rows
