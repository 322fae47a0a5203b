"""How many GPUs a configuration takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.engines.profile import GpuFactor, Profile, profile_of_task

if TYPE_CHECKING:
    from autotuner_core.task.model import Task


def gpu_count(parameters: Mapping[str, Any], task: Task) -> int | float:
    """The GPUs that one server with these parameters (varied and fixed ones together) holds.

    `local.gpus_per_experiment` wins where it is given. Else the engine's profile says: vLLM and SGLang take the product
    of their parallel sizes; llama.cpp, and a command line of the user's own, take one where `local.gpus` names some,
    and none otherwise. Raises ValueError, in words, where it cannot be told (a size that is no whole number, an
    expression that fails).
    """
    local = task.local if task.backend == "local" else None
    if local is not None and local.gpus_per_experiment is not None:
        return _evaluated(local.gpus_per_experiment, parameters)
    profile = profile_of_task(task)
    if profile is not None and profile.gpus:
        return gpus_by_profile(parameters, profile)
    bundled = local is None or local.engine == "llama.cpp"
    return 1 if not bundled and local is not None and local.gpus else 0


def gpus_by_profile(parameters: Mapping[str, Any], profile: Profile) -> int:
    """The product of the profile's parallel sizes. Raises ValueError for a size that is no whole number above 0."""
    known = {info.name: value for name, value in parameters.items() if (info := profile.find(name)) is not None}
    count = 1
    for factor in profile.gpus:
        if not _suspended(factor, known):
            count *= _size(factor.parameter, known, profile)
    return count


def _suspended(factor: GpuFactor, known: Mapping[str, Any]) -> bool:
    return factor.unless is not None and known.get(factor.unless) is True


def _size(name: str, known: Mapping[str, Any], profile: Profile) -> int:
    value = known.get(name)
    if value is None:
        value = profile.parameters[name].default
    try:
        size = int(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is {value!r}, which is no number of GPUs") from error
    if isinstance(value, bool) or size != float(value) or size < 1:
        raise ValueError(f"{name} is {value!r}, which is no number of GPUs")
    return size


def _evaluated(expression: str | int, parameters: Mapping[str, Any]) -> int | float:
    if isinstance(expression, int):
        return expression
    from autotuner_core.space.constraints import evaluate_number

    count: int | float = evaluate_number(expression, parameters)
    return count
