"""Searches: a duplicate or a lost configuration is GPU time thrown away or a winner never tried."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from autotuner_core.failures import FailureCause, PreflightError
from autotuner_core.run.events import AttemptEnded
from autotuner_core.search import search_for
from autotuner_core.search.base import Configuration, Search, TrialOutcome, key_of
from autotuner_core.search.grid import GridSearch
from autotuner_core.search.random import RandomSearch

CONFIGURATIONS = [{"a": a, "b": b} for a in (1, 2, 3) for b in ("x", "y", True)]


def asked(search: Search) -> list[Configuration]:
    proposals = []
    while (configuration := search.ask()) is not None:
        proposals.append(configuration)
    return proposals


def test_the_grid_is_proposed_whole_in_its_order() -> None:
    search = GridSearch(CONFIGURATIONS)
    assert not search.is_converged and search.convergence_reason == ""
    assert asked(search) == CONFIGURATIONS
    assert search.is_converged and search.convergence_reason
    assert search.ask() is None


def test_no_configuration_is_run_twice() -> None:
    twice = [*CONFIGURATIONS, {"b": "x", "a": 1}, CONFIGURATIONS[3]]
    assert asked(GridSearch(twice)) == CONFIGURATIONS
    assert len(asked(RandomSearch(twice, seed=1))) == len(CONFIGURATIONS)


def test_values_that_only_look_alike_are_different_configurations() -> None:
    assert len({key_of({"a": value}) for value in (1, 1.0, "1", True, None)}) == 5


def test_random_search_is_the_same_for_the_same_seed_whatever_the_order_it_is_given() -> None:
    one = asked(RandomSearch(CONFIGURATIONS, seed=7))
    assert one == asked(RandomSearch(reversed(CONFIGURATIONS), seed=7))
    assert one != asked(RandomSearch(CONFIGURATIONS, seed=8))
    assert sorted(map(key_of, one)) == sorted(map(key_of, CONFIGURATIONS))


def test_random_search_measures_the_baseline_first_and_keeps_to_its_trials() -> None:
    baseline = {"a": 9, "b": "z"}
    proposals = asked(RandomSearch(CONFIGURATIONS, seed=7, trials=4, first=[baseline]))
    assert proposals[0] == baseline and len(proposals) == 4


def test_random_search_draws_evenly() -> None:
    """Expected trials until one of m good ones among N is found: (N + 1) / (m + 1)."""
    good = {key_of(c) for c in CONFIGURATIONS[:2]}
    trials = [
        next(i for i, c in enumerate(asked(RandomSearch(CONFIGURATIONS, seed)), 1) if key_of(c) in good)
        for seed in range(2000)
    ]
    assert sum(trials) / len(trials) == pytest.approx((len(CONFIGURATIONS) + 1) / 3, rel=0.05)


def test_what_a_search_was_told_is_kept() -> None:
    search = GridSearch(CONFIGURATIONS)
    search.tell(CONFIGURATIONS[0], TrialOutcome(1.0, True))
    assert search.history == [(CONFIGURATIONS[0], TrialOutcome(1.0, True))]


def ended(outcome: str, **more: Any) -> AttemptEnded:
    return AttemptEnded(experiment=1, attempt=1, outcome=outcome, **more)


def test_a_failure_is_told_as_a_failure_and_never_as_a_score() -> None:
    assert TrialOutcome.of(ended("failed", cause="out_of_memory")) == TrialOutcome(failure=FailureCause.OUT_OF_MEMORY)
    assert TrialOutcome.of(ended("scored", score=3.0, feasible=False, miss=0.2)) == TrialOutcome(3.0, False, 0.2)
    for nonsense in (math.inf, -math.inf, math.nan):
        with pytest.raises(ValueError):
            TrialOutcome(nonsense, True)
    with pytest.raises(ValueError):
        TrialOutcome(1.0, True, failure=FailureCause.CRASH)
    with pytest.raises(ValueError):
        TrialOutcome()


@pytest.mark.parametrize(
    "end",
    [
        ended("failed", cause="image_pull"),
        ended("failed", cause="invalid_measurement"),
        ended("failed", cause="crash", will_retry=True),
        ended("skipped"),
        ended("interrupted", cause="interrupted"),
    ],
)
def test_what_the_surroundings_did_says_nothing_about_a_configuration(end: AttemptEnded) -> None:
    assert TrialOutcome.of(end) is None


def plan_of(order: list[int], baseline: int | None = None) -> Any:
    experiments = [SimpleNamespace(id=i, parameters=c, why="grid") for i, c in enumerate(CONFIGURATIONS, 1)]
    return SimpleNamespace(experiments=experiments, order=order, baseline=baseline)


def task_of(strategy: str) -> Any:
    return SimpleNamespace(optimization=SimpleNamespace(strategy=strategy, seed=3))


def test_the_plan_is_carried_out_in_its_order_of_execution() -> None:
    search = search_for(task_of("grid_search"), plan_of([3, 1, 2]))
    assert asked(search) == [CONFIGURATIONS[2], CONFIGURATIONS[0], CONFIGURATIONS[1]]
    drawn = asked(search_for(task_of("random_search"), plan_of([1, 2, 3, 4, 5], baseline=4)))
    assert drawn[0] == CONFIGURATIONS[3] and len(drawn) == 5


def test_a_strategy_that_is_not_built_yet_names_those_that_are() -> None:
    with pytest.raises(PreflightError) as raised:
        search_for(task_of("adaptive"), plan_of([1]))
    assert "adaptive" in raised.value.message and "random_search" in raised.value.cure
