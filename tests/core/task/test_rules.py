"""What a task may hold, and what is said of it, by backend and key."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.findings import Finding, Severity
from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import parse_task

OME: dict[str, Any] = json.loads((Path(__file__).parents[3] / "examples" / "simple_task.json").read_text())
LOCAL: dict[str, Any] = {
    "task_name": "on-this-machine",
    "backend": "local",
    "model": {"name": "tiny"},
    "parameters": {"threads": {"type": "choice", "values": [1, 2]}},
    "optimization": {"objective": "maximize_throughput"},
}


def changed(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A task with other values; `section__key` for a key in a section."""
    task = copy.deepcopy(base)
    for name, value in changes.items():
        *way, last = name.split("__")
        part = task
        for step in way:
            part = part.setdefault(step, {})
        part[last] = value
    return task


def remarks(task: dict[str, Any]) -> dict[str, Finding]:
    """Warnings and notes by place."""
    return {finding.place: finding for finding in parse_task(json.dumps(task), "json").findings}


def errors(task: dict[str, Any]) -> dict[str, Finding]:
    with pytest.raises(TaskError) as caught:
        parse_task(json.dumps(task), "json")
    return {finding.place: finding for finding in caught.value.findings}


def test_a_task_without_backend_goes_to_the_cluster() -> None:
    assert parse_task(json.dumps(OME), "json").task.backend == "ome"


def test_a_local_task_needs_neither_namespace_nor_runtime_nor_section() -> None:
    assert remarks(LOCAL) == {}


def test_a_local_section_in_a_cluster_task_is_a_slip_unless_the_backend_is_written_down() -> None:
    assert "backend: local" in errors(changed(OME, local={"engine": "vllm"}))["local"].message
    said = remarks(changed(OME, local={"engine": "vllm"}, backend="ome"))["local"]
    assert (said.severity, said.code) == (Severity.WARNING, "no_effect")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_runtime", "some-rt"),
        ("model__namespace", "autotuner"),
        ("kubernetes__labels", {"a": "b"}),
        ("benchmark__image", "bench:1"),
    ],
)
def test_cluster_keys_in_a_local_task_are_said_to_have_no_effect(key: str, value: Any) -> None:
    (said,) = remarks(changed(LOCAL, **{key: value})).values()
    assert said.code == "no_effect"


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("benchmark__image", "Bench: 1", "benchmark.image"),
        ("benchmark__resources", {"requests": "4"}, "benchmark.resources.requests"),
        ("benchmark__resources", {"limits": {"cpu": "four"}}, "benchmark.resources.limits.cpu"),
    ],
)
def test_a_load_generators_pod_that_no_cluster_would_take_is_let_through(key: str, value: Any, place: str) -> None:
    assert place in errors(changed(OME, **{key: value}))


@pytest.mark.parametrize(("key", "value"), [("optimization__strategy", "adaptive")])
def test_what_is_not_built_yet_says_so_when_it_is_used(key: str, value: Any) -> None:
    said = remarks(changed(LOCAL, **{key: value}))[key.replace("__", ".")]
    assert (said.severity, said.code) == (Severity.WARNING, "not_built_yet")


def test_load_generators_without_a_client_or_a_core_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    at = {"benchmark__num_concurrency": [2, 8]}
    said = {n: remarks(changed(LOCAL, **at, benchmark__num_workers=n)).get("benchmark.num_workers") for n in (1, 2, 8)}
    assert said[1] is None and said[2] is None
    assert said[8] is not None and "2 cores" in said[8].message
    error = errors(changed(LOCAL, **at, benchmark__num_workers=9))["benchmark.num_workers"]
    assert "8 concurrent requests" in error.message


def test_a_baseline_outside_the_listed_values_is_fine_and_one_that_a_constraint_excludes_is_said() -> None:
    assert "baseline" not in remarks(changed(LOCAL, baseline={"threads": 3}))
    excluded = changed(LOCAL, baseline={"threads": 2}, constraints=["threads < 2"])
    assert remarks(excluded)["baseline"].code == "baseline_excluded"


def test_limits_that_look_like_milliseconds_are_questioned() -> None:
    said = remarks(changed(LOCAL, optimization__slo={"ttft.p95": 500}))
    assert "milliseconds" in said['optimization.slo["ttft.p95"]'].message


def test_an_upside_down_direction_is_questioned() -> None:
    upside_down = {"metric": "ttft.p95", "direction": "maximize", "levels": "all"}
    assert "optimization.objective.direction" in remarks(changed(LOCAL, optimization__objective=upside_down))


def test_experiments_at_once_are_let_run_on_gpus_or_cores_of_their_own() -> None:
    at_once = changed(LOCAL, optimization__max_parallel=2)
    assert errors(at_once)["optimization.max_parallel"].code == "parallel"
    assert remarks(changed(at_once, local={"cores": [[0], [1]]})) == {}
    assert remarks(changed(at_once, local={"gpus": [0, 1]})) == {}
    assert "optimization.max_parallel" in errors(changed(at_once, local={"gpus": [0]}))
    assert "optimization.max_parallel" in errors(changed(at_once, local={"cores": [[0, 1]]}))
    assert remarks(changed(at_once, local={"engine": "vllm"}, model={"name": "meta/llama"})) == {}


def test_gpus_that_a_configuration_lacks_are_said_before_the_run() -> None:
    local = {"engine": "vllm", "gpus": [0, 1], "gpus_per_experiment": "threads * 2"}
    said = remarks(changed(LOCAL, local=local, model={"name": "meta/llama"}))["local.gpus_per_experiment"]
    assert "up to 4" in said.message


@pytest.mark.parametrize("expression", ["threads / 2", "0 - threads", "threads / 0", "unknown", "'2'", 1.5])
def test_an_expression_that_gives_no_number_of_gpus_is_refused(expression: Any) -> None:
    task = changed(LOCAL, local={"engine": "vllm", "gpus_per_experiment": expression}, model={"name": "meta/llama"})
    assert set(errors(task)) == {"local.gpus_per_experiment"}


def test_a_range_whose_steps_miss_its_end_is_said() -> None:
    missing = {"type": "range", "min": 1, "max": 10, "step": 4}
    assert "9" in remarks(changed(LOCAL, parameters={"n": missing}))["parameters.n.max"].message


def test_a_secret_in_the_file_is_warned_of_and_never_repeated() -> None:
    task = changed(LOCAL, local={"env": {"HF_TOKEN": "hf_verysecret"}}, fixed={"api_key": "sk-verysecret"})
    found = remarks(task)
    assert {finding.code for finding in found.values()} == {"secret"}
    assert set(found) == {"local.env.HF_TOKEN", "fixed.api_key"}
    assert "verysecret" not in str(found)


def test_a_small_alias_in_yaml_is_welcome() -> None:
    text = """
task_name: aliases
backend: local
model: {name: tiny}
parameters:
  threads: &counts {type: choice, values: [1, 2]}
  parallel: *counts
optimization: {objective: maximize_throughput}
"""
    assert parse_task(text, "yaml").task.parameters.keys() == {"threads", "parallel"}


def test_all_sections_are_checked_although_one_is_wrong() -> None:
    task = changed(
        OME, task_name=7, benchmark__traffic_scenarios=["E(1)"], optimization__slo={"ttft": 1, "tpot.p90": "x"}
    )
    assert set(errors(changed(task, constraints=["nothing > 1"]))) == {
        "task_name",
        "benchmark.traffic_scenarios[0]",
        "optimization.slo.ttft",
        'optimization.slo["tpot.p90"]',
        "constraints[0]",
    }


def test_cores_as_text_are_told_the_shape_that_they_have() -> None:
    found = errors(changed(LOCAL, local={"cores": ["0-1", "7"]}))
    assert found["local.cores[0]"].cure == "each set is a list of core numbers, such as [[0, 1], [2, 3]]"


def test_a_range_without_values_is_not_blamed_on_constraints_that_are_not_there() -> None:
    found = errors(changed(LOCAL, parameters={"threads": {"type": "range", "min": 4, "max": 2, "step": 1}}))
    assert not any("constraints" in finding.message for finding in found.values())


def test_where_an_expression_breaks_off_is_told_with_one_that_is_right() -> None:
    found = errors(changed(LOCAL, constraints=["threads == 1 andd threads"]))["constraints[0]"]
    assert "at character 14" in found.message and "not (enable_torch_compile and tp_size == 4)" in found.cure
