"""Keys of a task that cannot take effect where it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from autotuner_core.plan.draft import Draft
from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem, note, warning

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

_CODE = "no_effect"
_NOT_IN_BENCHMARK_PODS = (
    "labels", "annotations", "priority_class", "image_pull_secrets", "service_account", "env_from_secrets",
)  # fmt: skip
"""What a BenchmarkJob has no field for (its podOverride takes image, env, volumes, resources and placement)."""


def effect_problems(draft: Draft) -> Iterator[Problem]:
    """What a user wrote that will do nothing, or not what it says, with the reason. (What the other backend would
    read is said when the task is loaded.)"""
    if draft.task.backend == "local":
        yield from _on_this_machine(draft.task)
    else:
        yield from _in_a_benchmark_job(draft.task) if draft.in_job else _with_direct_load(draft.task)


def _on_this_machine(task: Task) -> Iterator[Problem]:
    if task.local is not None and task.local.gpus and task.local.engine == "llama.cpp":
        yield _dead(("local", "gpus"), "the bundled engine computes on the CPU")


def _in_a_benchmark_job(task: Task) -> Iterator[Problem]:
    benchmark = task.benchmark
    direct = "run with --direct for it to take effect"
    if benchmark.model_name is not None:
        yield note(
            ("benchmark", "model_name"),
            "has no effect: a BenchmarkJob always sends the model name vllm-model (the engine is started to serve it)",
            direct,
            _CODE,
        )
    if benchmark.model_tokenizer is not None:
        yield note(
            ("benchmark", "model_tokenizer"),
            "has no effect: a BenchmarkJob counts with the tokenizer that lies with the model",
            direct,
            _CODE,
        )
    if benchmark.genai_bench_python is not None:
        yield _dead(("benchmark", "genai_bench_python"), "a BenchmarkJob uses what is in its image", "set image")
    for key, value in (
        ("additional_params", benchmark.additional_params),
        ("precision", benchmark.precision is not None),
        ("max_time_per_iteration", not float(benchmark.max_time_per_iteration).is_integer()),
    ):
        if value:
            yield note(
                ("benchmark", key),
                "OME does not hand this on to its BenchmarkJobs; the tuner's launcher in their pods sees to it, where "
                "it knows the image's genai-bench (the run says where not)",
                "run with --direct to be independent of the image",
                "by_launcher",
            )
    for key in _NOT_IN_BENCHMARK_PODS:
        if key in task.kubernetes.model_fields_set:
            yield note(
                ("kubernetes", key),
                "goes to the engine's pods only: OME gives its BenchmarkJobs' pods none",
                "see that the load generator needs none, or run with --direct",
                "engine_only",
            )


def _with_direct_load(task: Task) -> Iterator[Problem]:
    if task.benchmark.image is not None:
        yield _dead(("benchmark", "image"), "with --direct the load comes from this machine, not from a container")
    if task.benchmark.resources:
        yield _dead(("benchmark", "resources"), "with --direct the load comes from this machine, not from a container")
    if "pvc" in task.kubernetes.model_fields_set:
        yield _dead(("kubernetes", "pvc"), "with --direct results are kept on this machine, not on a claim")


def _dead(place: Place, why: str, cure: str = "remove it") -> Problem:
    return warning(place, f"has no effect: {why}", cure, _CODE)
