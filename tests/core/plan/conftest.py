"""Tasks and plans for the tests of this folder."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from autotuner_core.findings import Finding
from autotuner_core.plan.build import build_plan
from autotuner_core.plan.plan import Plan
from autotuner_core.task.load import task_from_json
from autotuner_core.task.model import Task

DOCUMENT: dict[str, Any] = {
    "task_name": "simple-tune",
    "description": "Description",
    "model": {"name": "llama-3-2-1b-instruct", "namespace": "autotuner"},
    "base_runtime": "llama-3-2-1b-instruct-rt",
    "parameters": {
        "tp_size": {"type": "choice", "values": [1, 2]},
        "mem_frac": {"type": "choice", "values": [0.8, 0.9]},
        "max_total_tokens": {"type": "choice", "values": [4096, 8192]},
        "schedule_policy": {"type": "choice", "values": ["lpm", "fcfs"]},
    },
    "optimization": {
        "strategy": "grid_search",
        "objective": "minimize_latency",
        "max_iterations": 4,
        "timeout_per_iteration": 600,
    },
    "benchmark": {
        "task": "text-to-text",
        "model_name": "llama-3-2-1b-instruct",
        "model_tokenizer": "meta-llama/Llama-3.2-1B-Instruct",
        "traffic_scenarios": ["D(100,100)"],
        "num_concurrency": [1, 4],
        "max_time_per_iteration": 10,
        "max_requests_per_iteration": 50,
        "additional_params": {"temperature": "0.0"},
    },
}
"""The example task of the architecture document."""

LOCAL: dict[str, Any] = {
    "task_name": "local-tune",
    "backend": "local",
    "model": {"name": "tiny"},
    "parameters": {"threads": {"type": "choice", "values": [1, 2]}, "parallel": {"type": "choice", "values": [1, 4]}},
    "optimization": {"objective": "maximize_throughput", "timeout_per_iteration": 20},
    "benchmark": {"num_concurrency": [4], "max_time_per_iteration": 0.1, "max_requests_per_iteration": 100},
}
"""The bundled engine on this machine: nothing about it needs a word but its caches."""


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes`; an object is merged (not among the parameters: those are replaced), None removes a key."""
    result = copy.deepcopy(dict(base))
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict) and key != "parameters":
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


@pytest.fixture
def document() -> Callable[..., Task]:
    """The document's example task, with changes."""
    return lambda **changes: task_from_json(merged(DOCUMENT, changes))


@pytest.fixture
def local() -> Callable[..., Task]:
    """A task for the bundled engine, with changes."""
    return lambda **changes: task_from_json(merged(LOCAL, changes))


@pytest.fixture
def found() -> Callable[..., dict[str, Finding]]:
    """The findings of a task's plan by their code (the last of each)."""

    def find(task: Task, **options: Any) -> dict[str, Finding]:
        plan: Plan = build_plan(task, **options)
        return {finding.code: finding for finding in plan.findings}

    return find
