"""The order of running: a machine that grows warm must not make one value of a parameter look worse."""

from __future__ import annotations

import itertools

import pytest

from autotuner_core.plan.order import execution_order
from autotuner_core.plan.plan import PlannedExperiment


def grid(*sizes: int, baseline: int | None = None) -> list[PlannedExperiment]:
    points = itertools.product(*map(range, sizes))
    return [
        PlannedExperiment(i, {f"p{n}": v for n, v in enumerate(point)}, "baseline" if i == baseline else "grid", 0)
        for i, point in enumerate(points, start=1)
    ]


def correlation(order: tuple[int, ...], experiments: list[PlannedExperiment], name: str) -> float:
    values = [experiments[number - 1].parameters[name] for number in order]
    places = range(len(values))
    mean_value, mean_place = sum(values) / len(values), sum(places) / len(values)
    together = sum((v - mean_value) * (p - mean_place) for v, p in zip(values, places, strict=True))
    spread = sum((v - mean_value) ** 2 for v in values) * sum((p - mean_place) ** 2 for p in places)
    return float(abs(together) / spread**0.5)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sizes", [(2, 2), (2, 4), (2, 2, 2, 2), (3, 5), (9,)])
def test_no_parameter_follows_the_order(sizes: tuple[int, ...], seed: int) -> None:
    experiments = grid(*sizes)
    order = execution_order(experiments, seed)
    assert sorted(order) == [experiment.id for experiment in experiments]
    assert order != tuple(sorted(order))
    for name in experiments[0].parameters:
        assert correlation(order, experiments, name) < 0.5, name


def test_the_baseline_is_first() -> None:
    assert execution_order(grid(3, 3, baseline=7), seed=3)[0] == 7


def test_one_experiment_and_none_have_an_order() -> None:
    assert execution_order(grid(1), seed=1) == (1,)
    assert execution_order([], seed=1) == ()


def test_thousands_are_shuffled_too() -> None:
    experiments = grid(20, 50)
    order = execution_order(experiments, seed=1)
    assert sorted(order) == list(range(1, 1001))
    assert correlation(order, experiments, "p0") < 0.2
