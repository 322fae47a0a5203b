"""The experiments of a run in grid order, and the order in which they are run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autotuner_core.engines.gpus import gpu_count
from autotuner_core.plan.plan import PlannedExperiment
from autotuner_core.space.candidates import Configuration, value_key
from autotuner_core.task.problem import Problem

if TYPE_CHECKING:
    from autotuner_core.task.model import Task


def planned_experiments(
    task: Task, chosen: Sequence[Configuration]
) -> tuple[tuple[PlannedExperiment, ...], list[Problem]]:
    """The experiments, ids from 1 in grid order; a baseline that is none of them comes last with an id of its own.

    With them what is wrong with their GPU counts (such an experiment is planned with 0).
    """
    configurations = list(chosen)
    baseline = position_of(task.baseline, configurations)
    if task.baseline is not None and baseline is None:
        baseline = len(configurations)
        configurations.append(dict(task.baseline))
    problems: dict[str, Problem] = {}
    experiments = tuple(
        PlannedExperiment(
            id=position + 1,
            parameters=configuration,
            why="baseline" if position == baseline else "grid",
            gpu_count=_gpu_count(task, configuration, problems),
        )
        for position, configuration in enumerate(configurations)
    )
    return experiments, list(problems.values())


def position_of(configuration: Mapping[str, Any] | None, among: Sequence[Mapping[str, Any]]) -> int | None:
    """Where a configuration stands among others (1 and 1.0 are equal, 1 and true are not), or None."""
    if configuration is None:
        return None
    wanted = _key(configuration)
    return next((position for position, other in enumerate(among) if _key(other) == wanted), None)


def _key(configuration: Mapping[str, Any]) -> dict[str, str]:
    return {name: value_key(value) for name, value in configuration.items()}


def _gpu_count(task: Task, configuration: Mapping[str, Any], problems: dict[str, Problem]) -> float:
    try:
        return gpu_count({**task.fixed, **configuration}, task)
    except ValueError as error:
        given = task.local is not None and task.local.gpus_per_experiment is not None
        place = ("local", "gpus_per_experiment") if task.backend == "local" and given else ("parameters",)
        message = f"the number of GPUs cannot be told: {error}"
        problems.setdefault(message, Problem(place, message, "use whole numbers of 1 or more", code="gpu_count"))
        return 0
