"""The plan as a whole: what is run, under which id, in which order."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from autotuner_core.findings import Finding, Severity
from autotuner_core.plan.build import build_plan
from autotuner_core.space.candidates import TooManyCandidates
from autotuner_core.task.load import LoadedTask, parse_task
from autotuner_core.task.model import Task

Make = Callable[..., Task]


def test_the_documents_example_runs_4_of_16(document: Make) -> None:
    plan = build_plan(document())
    assert (plan.candidates.product, plan.candidates.chosen, plan.candidates.dropped) == (16, 4, 12)
    assert [experiment.id for experiment in plan.experiments] == [1, 2, 3, 4]
    assert sorted(plan.order) == [1, 2, 3, 4]
    assert not plan.errors


def test_every_parameter_of_a_subset_still_varies(document: Make) -> None:
    plan = build_plan(document())
    for name in plan.varying:
        assert len({experiment.parameters[name] for experiment in plan.experiments}) == 2, name


def test_the_same_task_gives_the_same_plan(document: Make) -> None:
    assert build_plan(document()).to_json() == build_plan(document()).to_json()


def test_another_seed_gives_another_order(local: Make) -> None:
    values = {"threads": {"type": "choice", "values": list(range(1, 9))}}
    orders = {build_plan(local(parameters=values, optimization={"seed": seed})).order for seed in range(6)}
    assert len(orders) > 1


def test_ids_follow_the_grid_and_not_the_order_of_running(local: Make) -> None:
    plan = build_plan(local())
    assert [dict(experiment.parameters) for experiment in plan.experiments] == [
        {"threads": 1, "parallel": 1},
        {"threads": 1, "parallel": 4},
        {"threads": 2, "parallel": 1},
        {"threads": 2, "parallel": 4},
    ]


def test_a_baseline_of_the_grid_is_that_experiment_and_runs_first(local: Make) -> None:
    plan = build_plan(local(baseline={"threads": 2, "parallel": 1}))
    assert plan.baseline == 3 and plan.order[0] == 3
    assert len(plan.experiments) == 4
    assert [experiment.why for experiment in plan.experiments] == ["grid", "grid", "baseline", "grid"]


def test_a_baseline_outside_the_grid_is_an_experiment_of_its_own_and_runs_first(local: Make) -> None:
    plan = build_plan(local(baseline={"threads": 3, "parallel": 1}))
    assert plan.baseline == 5 and plan.order[0] == 5 and sorted(plan.order) == [1, 2, 3, 4, 5]
    assert dict(plan.experiment(5).parameters) == {"threads": 3, "parallel": 1}
    assert "baseline_extra" in {finding.code for finding in plan.findings}


def test_a_true_baseline_is_not_taken_for_the_number_1(local: Make) -> None:
    values = {"x": {"type": "choice", "values": [0, 1, 2]}}
    plan = build_plan(local(parameters=values, baseline={"x": True}))
    assert plan.baseline == 4


def test_fixed_parameters_count_for_the_gpus(document: Make) -> None:
    plan = build_plan(document(fixed={"pp_size": 2}))
    assert {experiment.gpu_count for experiment in plan.experiments} == {2, 4}


def test_findings_of_loading_come_first_and_nothing_is_lost(document: Make) -> None:
    mine = Finding(Severity.NOTE, "mine", code="mine")
    loaded = LoadedTask(document(), (Finding(Severity.NOTE, "loading", code="loading"),))
    codes = [finding.code for finding in build_plan(loaded, findings=[mine]).findings]
    assert codes[:2] == ["loading", "mine"] and len(codes) > 2


def test_a_viewer_has_all_of_the_plan_in_the_journal(document: Make) -> None:
    plan = build_plan(document(optimization={"slo": {"ttft.p50": 0.5}}))
    record = json.loads(json.dumps(plan.to_json(), allow_nan=False))
    assert [experiment["parameters"] for experiment in record["experiments"]] == [
        dict(experiment.parameters) for experiment in plan.experiments
    ]
    assert record["order"] == list(plan.order)
    assert record["objective"] == {
        "metric": "e2e_latency.mean",
        "unit": "s",
        "direction": "minimize",
        "levels": "all",
        "word": "minimize_latency",
    }
    assert record["slo"] == {"ttft.p50": 0.5}
    assert record["varying"] == ["tp_size", "mem_frac", "max_total_tokens", "schedule_policy"]
    assert [level["index"] for level in record["levels"]] == [0, 1, 2]
    assert record["forecast"]["total"]["high"] == pytest.approx(plan.forecast.total.high)
    assert len(json.dumps(record)) < 8000


def test_a_size_that_is_no_number_of_gpus_is_an_error_of_the_plan(document: Make) -> None:
    values = {"tp_size": {"type": "choice", "values": ["two", 1]}}
    plan = build_plan(document(parameters=values))
    assert [finding.code for finding in plan.errors] == ["gpu_count"]


def test_a_space_that_no_run_can_hold_is_refused_in_words(local: Make) -> None:
    values = {name: {"type": "choice", "values": list(range(1, 30))} for name in "abcd"}
    with pytest.raises(TooManyCandidates, match="707,281 combinations"):
        build_plan(local(parameters=values))


def test_a_huge_space_with_a_limit_is_planned(local: Make) -> None:
    values = {name: {"type": "choice", "values": list(range(1, 30))} for name in "abcd"}
    plan = build_plan(local(parameters=values, optimization={"max_iterations": 20}))
    assert len(plan.experiments) == 20 and plan.candidates.sampled


def test_a_task_file_is_planned_as_it_is_loaded() -> None:
    text: dict[str, Any] = {
        "task_name": "t",
        "backend": "local",
        "model": {"name": "tiny"},
        "parameters": {"threads": {"type": "range", "min": 1, "max": 3, "step": 1}},
        "constraints": ["threads != 2"],
        "optimization": {"objective": "maximize_throughput"},
    }
    plan = build_plan(parse_task(json.dumps(text), "json"))
    assert [experiment.parameters["threads"] for experiment in plan.experiments] == [1, 3]
    assert plan.candidates.rejected == 1
    assert "constrained" in {finding.code for finding in plan.findings}
