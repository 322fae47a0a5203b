"""The forecast: nobody should learn on the next morning that four experiments took a night."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autotuner_core.plan.build import build_plan
from autotuner_core.plan.forecast import (
    benchmark_limit,
    experiment_seconds_at_most,
    forecast_of,
    load_seconds_at_most,
    output_tokens,
)
from autotuner_core.plan.remaining import remaining_seconds
from autotuner_core.task.model import Task

Make = Callable[..., Task]


def test_levels_multiply_and_minutes_are_not_seconds(document: Make) -> None:
    forecast = build_plan(document()).forecast
    assert [level.high for level in forecast.levels] == [615.0, 615.0]
    assert forecast.deploy.high == 600
    assert 1800 < forecast.experiment.high < 2100
    assert forecast.total.high == pytest.approx(4 * forecast.experiment.high)


def test_gpu_hours_are_gpus_times_hours(document: Make) -> None:
    plan = build_plan(document())
    gpus = sum(experiment.gpu_count for experiment in plan.experiments)
    assert gpus == 6
    assert plan.forecast.gpu_hours.high == pytest.approx(gpus * plan.forecast.experiment.high / 3600)


def test_low_is_never_above_high(document: Make, local: Make) -> None:
    tasks = [
        document(),
        local(),
        document(benchmark={"timeout": 1}),
        local(optimization={"timeout_per_iteration": 0.5}),
    ]
    for task in tasks:
        forecast = forecast_of(task, [1, 2])
        spans = [forecast.deploy, forecast.warm_up, *forecast.levels, forecast.benchmark, forecast.clean_up]
        for span in (*spans, forecast.experiment, forecast.total, forecast.gpu_hours):
            assert 0 <= span.low <= span.high


def test_levels_that_may_end_early_take_less_at_least_and_as_much_at_most(local: Make) -> None:
    long = {"max_requests_per_iteration": 1000, "max_time_per_iteration": 5}
    whole, early = (forecast_of(local(benchmark={**long, "precision": p}), [0]) for p in (None, 0.02))
    assert early.levels[0].low == 10 < whole.levels[0].low
    assert early.levels[0].high == whole.levels[0].high
    slow = {**long, "precision": 0.02, "num_concurrency": [1], "traffic_scenarios": ["D(100,500)"]}
    assert 10 < forecast_of(local(benchmark=slow), [0]).levels[0].low < 1000
    short, whole = (forecast_of(local(benchmark={"precision": p}), [0]) for p in (0.02, None))
    assert short == whole


def test_experiments_at_once_share_the_time_but_not_the_gpu_hours(document: Make) -> None:
    one, two = (forecast_of(document(optimization={"max_parallel": n}), [2] * 5) for n in (1, 2))
    assert two.total.high == pytest.approx(3 * one.experiment.high)
    assert two.gpu_hours == one.gpu_hours


def test_more_parallel_than_experiments_is_no_faster(document: Make) -> None:
    assert forecast_of(document(optimization={"max_parallel": 8}), [1, 1]).parallel == 2


def test_the_benchmarks_own_limit_is_its_levels_and_1800_seconds_at_least(document: Make) -> None:
    assert benchmark_limit(document()) == 1800
    long = document(benchmark={"max_time_per_iteration": 60})
    assert benchmark_limit(long) == load_seconds_at_most(long) > 7200
    assert benchmark_limit(document(benchmark={"timeout": 99})) == 99


def test_a_benchmark_timeout_bounds_the_experiment(document: Make) -> None:
    assert experiment_seconds_at_most(document(benchmark={"timeout": 300})) == 600 + 300 + 90


def test_the_longest_experiment_is_what_the_budget_reckons_with(document: Make) -> None:
    assert experiment_seconds_at_most(document()) == build_plan(document()).forecast.experiment.high


@pytest.mark.parametrize(
    ("durations", "left", "parallel", "expected"),
    [
        ([], 4, 1, 400.0),
        ([10.0, 20.0], 4, 1, 60.0),
        ([10.0, 20.0], 4, 2, 30.0),
        ([10.0, 20.0], 3, 2, 30.0),
        ([1000.0] * 5 + [10.0] * 10, 1, 1, 10.0),
        ([10.0], 0, 1, 0.0),
    ],
)
def test_what_remains_is_told_by_what_was(durations: list[float], left: int, parallel: int, expected: float) -> None:
    assert remaining_seconds(durations, left, parallel, fallback=100.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("scenario", "tokens"),
    [
        ("D(100,200)", 200),
        ("N(480,240)/(300,150)", 300),
        ("U(10,20)/(30,50)", 40),
        ("U(100,60)", 30),
        ("dataset", 100),
    ],
)
def test_the_length_of_answers_is_read_from_the_scenario(scenario: str, tokens: float) -> None:
    assert output_tokens(scenario) == tokens
