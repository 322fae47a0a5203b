"""The levels: the same for every configuration, or none of them could be compared."""

from __future__ import annotations

from collections.abc import Callable

from autotuner_core.plan.levels import level_seed, levels_of
from autotuner_core.task.model import Task

Make = Callable[..., Task]
TWO = {"traffic_scenarios": ["D(100,100)", "D(20,10)"], "num_concurrency": [8, 1, 4]}


def test_every_scenario_meets_every_concurrency_ascending_within_a_scenario(local: Make) -> None:
    measured = [level for level in levels_of(local(benchmark=TWO)) if not level.warm_up]
    assert [(level.scenario, level.concurrency) for level in measured] == [
        ("D(100,100)", 1),
        ("D(100,100)", 4),
        ("D(100,100)", 8),
        ("D(20,10)", 1),
        ("D(20,10)", 4),
        ("D(20,10)", 8),
    ]
    assert [level.index for level in measured] == [1, 2, 3, 4, 5, 6]


def test_a_level_is_limited_in_minutes_and_requests(local: Make) -> None:
    task = local(benchmark={"max_time_per_iteration": 0.5, "max_requests_per_iteration": 70})
    level = levels_of(task)[1]
    assert (level.max_seconds, level.max_requests) == (30.0, 70)


def test_the_warm_up_is_the_first_and_costs_little(local: Make) -> None:
    warm_up = levels_of(local(benchmark={**TWO, "max_time_per_iteration": 10}))[0]
    assert warm_up.warm_up and warm_up.index == 0
    assert warm_up.concurrency == 8 and warm_up.max_requests == 8
    assert warm_up.max_seconds == 30.0


def test_a_single_client_still_warms_up_with_four_requests(local: Make) -> None:
    assert levels_of(local(benchmark={"num_concurrency": [1]}))[0].max_requests == 4


def test_levels_have_prompts_of_their_own_and_so_has_the_warm_up(local: Make) -> None:
    levels = levels_of(local(benchmark=TWO))
    assert len({level.seed for level in levels}) == len(levels)
    assert all(0 <= level.seed < 2**31 for level in levels)


def test_prompts_depend_on_seed_scenario_concurrency_and_repeat_alone(local: Make) -> None:
    task = local(benchmark=TWO)
    other = local(benchmark=TWO, parameters={"x": {"type": "choice", "values": [1]}}, fixed={"y": 2})
    assert levels_of(task) == levels_of(other)
    assert levels_of(task) != levels_of(local(benchmark=TWO, optimization={"seed": 2}))
    assert {level.seed for level in levels_of(task)}.isdisjoint(level.seed for level in levels_of(task, repeat=1))


def test_seeds_are_the_same_in_every_release() -> None:
    assert level_seed(1, "D(100,100)", 4) == 1614823475
