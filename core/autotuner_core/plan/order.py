"""The order in which experiments are run: shuffled, so that a drift of the machine does not follow a parameter."""

from __future__ import annotations

import random
from collections.abc import Sequence

from autotuner_core.plan.plan import PlannedExperiment
from autotuner_core.space.candidates import value_key

_TRIES = 64
_MOST_TRIED = 1000
"""Above so many experiments any shuffle is balanced, and trying many takes time."""


def execution_order(experiments: Sequence[PlannedExperiment], seed: int) -> tuple[int, ...]:
    """The ids in the order of running: the baseline, then the others shuffled by the seed.

    Few experiments can by chance still be in the order of a parameter. So the best balanced of several shuffles is
    taken: the one in which the mean position of no parameter's values differs much from that of its other values.
    """
    first = [experiment.id for experiment in experiments if experiment.why == "baseline"]
    others = [experiment for experiment in experiments if experiment.why != "baseline"]
    rng = random.Random(f"order {seed}")
    tries = _TRIES if 2 < len(others) <= _MOST_TRIED else 1
    shuffles = [rng.sample(others, len(others)) for _ in range(tries)]
    best = min(shuffles, key=imbalance) if tries > 1 else shuffles[0]
    return (*first, *(experiment.id for experiment in best))


def imbalance(order: Sequence[PlannedExperiment]) -> float:
    """The largest difference, over all parameters, between the mean positions of two of its values, as a share of the
    number of experiments: 0 for a balanced order, 0.5 for one sorted by a parameter of two values."""
    places: dict[str, dict[str, list[int]]] = {}
    for place, experiment in enumerate(order):
        for name, value in experiment.parameters.items():
            places.setdefault(name, {}).setdefault(value_key(value), []).append(place)
    worst = 0.0
    for by_value in places.values():
        means = [sum(where) / len(where) for where in by_value.values()]
        worst = max(worst, (max(means) - min(means)) / len(order))
    return worst
