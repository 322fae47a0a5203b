"""GPUs, cores and the model file: whether experiments get what they need, and whether they are compared fairly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autotuner_core.plan.draft import Draft
from autotuner_core.scoring.metrics import METRICS, PER_GPU
from autotuner_core.task.problem import Problem, note, warning


def hardware_problems(draft: Draft) -> Iterator[Problem]:
    """Unequal GPU counts, experiments that would share GPUs or cores, more GPUs than there are."""
    yield from _gpus_not_counted(draft)
    if draft.task.backend == "local":
        yield from _too_few_gpus(draft)
        yield from _shared_machine(draft)
        yield from _gpus_unknown(draft)
        yield from _model_file(draft)


def _model_file(draft: Draft) -> Iterator[Problem]:
    engine, name = draft.task.local.engine if draft.task.local else "llama.cpp", draft.task.model.name
    if engine in ("llama.cpp", "llama-server") and name != "tiny" and not Path(name).expanduser().is_file():
        yield Problem(
            ("model", "name"),
            f"there is no file {name}",
            'the path of a GGUF file, or "tiny" for the model that is built on the spot',
            code="no_model_file",
        )


def _gpus_not_counted(draft: Draft) -> Iterator[Problem]:
    metric = draft.task.optimization.objective.metric
    counts = sorted({experiment.gpu_count for experiment in draft.experiments})
    if metric.endswith(PER_GPU):
        if counts and counts[0] <= 0:
            yield Problem(
                ("optimization", "objective"),
                f"{metric} needs a number of GPUs, and there are experiments without any",
                "say local.gpus_per_experiment, or choose a metric that is not per GPU",
                code="per_gpu_without_gpus",
            )
        return
    if len(counts) < 2:
        return
    per_gpu = metric + PER_GPU if metric + PER_GPU in METRICS else "output_throughput" + PER_GPU
    yield warning(
        ("optimization", "objective"),
        f"configurations take from {counts[0]:g} to {counts[-1]:g} GPUs and {metric} does not count them: "
        "more GPUs will look better by themselves",
        f"use {per_gpu}, or compare configurations with equally many GPUs",
        "gpus_not_counted",
    )


def _too_few_gpus(draft: Draft) -> Iterator[Problem]:
    local = draft.task.local
    if local is None or local.gpus is None or local.gpus_per_experiment is not None:
        return  # an expression is held against local.gpus when the task is loaded
    there = len(set(local.gpus))
    lacking = [experiment for experiment in draft.experiments if experiment.gpu_count > there]
    if not lacking:
        return
    most = max(experiment.gpu_count for experiment in lacking)
    message = f"{len(lacking)} of {len(draft.experiments)} experiments need more GPUs (up to {most:g}) than the {there}"
    place = ("local", "gpus")
    if len(lacking) == len(draft.experiments):
        yield Problem(place, f"{message} given here", "give more, or lower the sizes", code="too_few_gpus")
    else:
        yield warning(place, f"{message} given here; they will fail", "add a constraint on the sizes", "too_few_gpus")


def _shared_machine(draft: Draft) -> Iterator[Problem]:
    """GPUs are given out, but nobody takes any: then nothing keeps experiments on one CPU apart."""
    local, parallel = draft.task.local, draft.task.optimization.max_parallel
    if local is None or not local.gpus or local.cores or parallel < 2:
        return
    if not any(experiment.gpu_count > 0 for experiment in draft.experiments):
        yield Problem(
            ("optimization", "max_parallel"),
            f"the experiments take no GPUs, so {parallel} at once would share the CPU and disturb each other",
            "give local.cores (a set for each), or leave max_parallel at 1",
            code="parallel_shares_machine",
        )


def _gpus_unknown(draft: Draft) -> Iterator[Problem]:
    local = draft.task.local
    if local is None or local.gpus_per_experiment is not None:
        return
    if local.engine == "command" and not local.gpus:
        yield note(
            ("local",),
            "how many GPUs a configuration takes is not known: none are given out and none are counted",
            'if the engine uses GPUs, say "gpus_per_experiment" (a number, or an expression such as "tp_size")',
            "gpus_unknown",
        )
