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
    if benchmark.additional_params:
        yield _dead(("benchmark", "additional_params"), "OME does not hand them on to its BenchmarkJobs", direct)
    if benchmark.precision is not None:
        yield _dead(("benchmark", "precision"), "a BenchmarkJob's levels are not ended from outside", direct)
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
    if not float(benchmark.max_time_per_iteration).is_integer():
        yield warning(
            ("benchmark", "max_time_per_iteration"),
            f"a BenchmarkJob counts whole minutes, and {benchmark.max_time_per_iteration:g} is none",
            "use whole minutes, or run with --direct",
            "whole_minutes",
        )


def _with_direct_load(task: Task) -> Iterator[Problem]:
    if task.benchmark.image is not None:
        yield _dead(("benchmark", "image"), "with --direct the load comes from this machine, not from a container")
    if "pvc" in task.kubernetes.model_fields_set:
        yield _dead(("kubernetes", "pvc"), "with --direct results are kept on this machine, not on a claim")


def _dead(place: Place, why: str, cure: str = "remove it") -> Problem:
    return warning(place, f"has no effect: {why}", cure, _CODE)
