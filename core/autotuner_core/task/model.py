"""The task file's shape: what a user may write, key by key. The parts have files of their own; this one joins them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from autotuner_core.task.benchmark import Benchmark, Validity
from autotuner_core.task.kubernetes import Kubernetes, Pvc
from autotuner_core.task.local import Local
from autotuner_core.task.optimization import Objective, Optimization
from autotuner_core.task.parameters import BoolParameter, ChoiceParameter, Parameter, RangeParameter, Scalar
from autotuner_core.task.part import Part

__all__ = [
    "Benchmark",
    "BoolParameter",
    "ChoiceParameter",
    "Kubernetes",
    "Local",
    "Model",
    "Objective",
    "Optimization",
    "Parameter",
    "Part",
    "Pvc",
    "RangeParameter",
    "Scalar",
    "Task",
    "Validity",
]


class Model(Part):
    """The model to serve."""

    name: str = Field(
        min_length=1,
        description="ome: the ClusterBaseModel's name. local: tiny (a small model built on the spot for llama.cpp), "
        "the path of a GGUF file or a model folder, or a Hugging Face id. Example: llama-3-2-1b-instruct.",
    )
    namespace: str | None = Field(
        None, description="The namespace to deploy in (ome, where it is required). Example: autotuner."
    )


class Task(Part):
    """A tuning task: which server settings to try on which model, under which load, and what is better."""

    task_name: str = Field(
        description="The task's name: lower-case letters, digits and hyphens. Files and Kubernetes objects carry it. "
        "Example: simple-tune."
    )
    description: str = Field("", description="What the task is for, in your words.")
    backend: Literal["ome", "local"] = Field(
        "ome",
        description="Where servers run: ome (default; InferenceServices of OME in a Kubernetes cluster) or local "
        "(processes on this machine).",
    )
    model: Model = Field(description="The model to serve.")
    base_runtime: str | None = Field(
        None, description="The ClusterServingRuntime to start from (ome, where it is required)."
    )
    parameters: dict[str, Parameter] = Field(
        min_length=1,
        description="The engine settings to vary, by name (tp_size becomes --tp-size; env.NAME sets an environment "
        'variable). Example: {"tp_size": {"type": "choice", "values": [1, 2]}}.',
    )
    fixed: dict[str, Any] = Field(
        {}, description='Engine settings that are the same in every configuration. Example: {"context_length": 8192}.'
    )
    baseline: dict[str, Any] | None = Field(
        None,
        description="The configuration to compare with, measured first: a value for every parameter, which may lie "
        "outside the listed ones.",
    )
    constraints: list[str] = Field(
        [],
        description="Conditions over the parameters; configurations that break one are left out. Comparisons, "
        'arithmetic, and, or, not, in. Example: ["not (enable_torch_compile and tp_size == 4)"].',
    )
    optimization: Optimization = Field(description="What is sought, and what the search may cost.")
    benchmark: Benchmark = Field(Benchmark(), description="The load that every configuration gets.")
    kubernetes: Kubernetes = Field(Kubernetes(), description="What the Kubernetes objects of a run carry (ome only).")
    local: Local | None = Field(None, description="The engine on this machine (local only).")
