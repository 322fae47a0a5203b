"""How many GPUs a configuration takes: a wrong count lets two experiments share a GPU, or bills the wrong hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autotuner_core.engines.gpus import gpu_count
from autotuner_core.task.model import Task

OME: dict[str, Any] = {"backend": "ome", "model": {"name": "m", "namespace": "n"}, "base_runtime": "rt"}


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({}, 1),
        ({"tp_size": 4}, 4),
        ({"tp": 2, "pp": 2}, 4),
        ({"tp": 2, "dp_size": 3}, 6),
        ({"tp": 4, "dp": 4, "enable_dp_attention": True}, 4),
        ({"tp": 4, "dp": 4, "enable_dp_attention": False}, 16),
        ({"tp": 4, "attn_dp_size": 4}, 4),
        ({"tp": None, "pp": 2.0}, 2),
    ],
)
def test_sglang_takes_tensor_times_pipeline_times_data_parallel(
    a_task: Callable[..., Task], parameters: dict[str, Any], count: int
) -> None:
    assert gpu_count(parameters, a_task(**OME)) == count


def test_vllm_takes_tensor_times_pipeline_times_data_parallel(a_task: Callable[..., Task]) -> None:
    task = a_task(local={"engine": "vllm"})
    assert gpu_count({"tensor_parallel_size": 2, "pipeline_parallel_size": 3, "dp": 2}, task) == 12


def test_llama_cpp_without_a_gpu_takes_none(a_task: Callable[..., Task]) -> None:
    assert gpu_count({"threads": 4}, a_task()) == 0
    assert gpu_count({"threads": 4}, a_task(local={"engine": "llama-server"})) == 0
    assert gpu_count({"threads": 4}, a_task(local={"engine": "llama-server", "gpus": [0, 1]})) == 1


def test_the_tasks_own_expression_wins(a_task: Callable[..., Task]) -> None:
    command = {"engine": "command", "command": ["x", "{port}", "{flags}"], "gpus": [0, 1, 2, 3]}
    assert gpu_count({"tp": 2, "pp": 2}, a_task(local={**command, "gpus_per_experiment": "tp * pp"})) == 4
    assert gpu_count({"tp": 2}, a_task(local={**command, "gpus_per_experiment": 3})) == 3
    assert gpu_count({"tp": 2}, a_task(local=command)) == 1
    assert gpu_count({"tp_size": 8}, a_task(local={"engine": "sglang", "gpus_per_experiment": 2})) == 2


@pytest.mark.parametrize("size", ["many", 0, -1, 1.5, True, [2]])
def test_a_size_that_is_no_number_of_gpus_is_said(a_task: Callable[..., Task], size: Any) -> None:
    with pytest.raises(ValueError, match=r"tp_size is .* no number of GPUs"):
        gpu_count({"tp": size}, a_task(**OME))
