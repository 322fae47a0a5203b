"""A task, the document's runtimes, and an experiment rendered of them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from autotuner_core.deploy.ome.manifest import Manifest, render_inference_service
from autotuner_core.task.load import task_from_json
from autotuner_core.task.model import Task

DOCUMENT: dict[str, Any] = {
    "task_name": "simple-tune",
    "model": {"name": "llama-3-2-1b-instruct", "namespace": "autotuner"},
    "base_runtime": "llama-3-2-1b-instruct-rt",
    "parameters": {
        "tp_size": {"type": "choice", "values": [1, 2]},
        "mem_frac": {"type": "choice", "values": [0.8, 0.9]},
    },
    "optimization": {"strategy": "grid_search", "objective": "minimize_latency"},
    "benchmark": {"model_tokenizer": "meta-llama/Llama-3.2-1B-Instruct"},
}
TUNED: dict[str, Any] = {"tp_size": 2, "mem_frac": 0.9}


def task_with(**changes: Any) -> Task:
    """The document's task with other sections."""
    return task_from_json({**copy.deepcopy(DOCUMENT), **changes})


def runtime_with(
    command: list[str] | None = None, args: list[str] | None = None, pod: Mapping[str, Any] | None = None, **runner: Any
) -> dict[str, Any]:
    """A ClusterServingRuntime whose engine is started so."""
    container: dict[str, Any] = {"name": "ome-container", "image": "docker.io/lmsysorg/sglang:v0.5.5", **runner}
    container |= {key: words for key, words in (("command", command), ("args", args)) if words is not None}
    return {
        "apiVersion": "ome.io/v1beta1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "llama-3-2-1b-instruct-rt"},
        "spec": {"engineConfig": {**(pod or {}), "runner": container}},
    }


SGLANG_ARGS = ["--host=0.0.0.0", "--port=8080", "--model-path=$(MODEL_PATH)", "--enable-metrics", "--tp-size=1"]
SGLANG = runtime_with(["python3", "-m", "sglang.launch_server"], SGLANG_ARGS)
IN_COMMAND = runtime_with(
    ["python3", "-m", "sglang.launch_server", "--host", "0.0.0.0", "--port", "8080", "--model-path", "$(MODEL_PATH)",
     "--tp", "4", "--enable-torch-compile", "--log-level", "info"],
)  # fmt: skip


def rendered(
    parameters: Mapping[str, Any] = TUNED,
    runtime: Mapping[str, Any] | None = SGLANG,
    task: Task | None = None,
    **more: Any,
) -> Manifest:
    """An experiment's InferenceService."""
    return render_inference_service(
        task or task_with(), more.pop("experiment", 1), parameters, run_id="20261125-7f3a", namespace="autotuner",
        runtime=runtime, **more,
    )  # fmt: skip


def engine_of(manifest: Manifest) -> dict[str, Any]:
    engine: dict[str, Any] = manifest.body["spec"]["engine"]
    return engine


def args_of(manifest: Manifest) -> list[str]:
    args: list[str] = engine_of(manifest)["runner"]["args"]
    return args


@pytest.fixture
def task() -> Task:
    return task_with()
