"""GPUs and other resources of the engine's container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.arguments import runtime_options
from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.quantity import quantity
from autotuner_core.deploy.ome.runtime import Runtime
from autotuner_core.deploy.ome.settings import settings_of
from autotuner_core.engines.flags import is_env
from autotuner_core.engines.gpus import gpu_count, gpus_by_profile
from autotuner_core.engines.profile import Profile, profile_of_task

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

_VENDORS = ("nvidia.com/", "amd.com/", "gpu.intel.com/", "habana.ai/", "google.com/tpu", "aws.amazon.com/neuron")


def engine_gpus(task: Task, parameters: Mapping[str, Any], runtime: Runtime | None, profile: Profile | None) -> int:
    """How many GPUs one engine with these parameters holds.

    The sizes that the runtime's own arguments set count where the configuration says nothing of them. An engine that
    no profile counts GPUs for has those of the task's profile where a parameter is one of its sizes, else the
    runtime's. Raises ManifestError where it cannot be told.
    """
    try:
        if runtime is None:
            return int(gpu_count(parameters, task))
        if profile is not None and profile.gpus:
            own = settings_of(runtime_options(runtime, profile), profile)
            return gpus_by_profile({**own, **parameters}, profile)
        if _names_a_size(parameters, profile_of_task(task)):
            return int(gpu_count(parameters, task))
    except ValueError as error:
        raise ManifestError(f"the number of GPUs cannot be told: {error}", cure="Use whole numbers above 0.") from error
    return runtime_gpus(runtime, gpu_resource(task, runtime))


def gpu_resource(task: Task, runtime: Runtime | None) -> str:
    """The resource that counts GPUs: the task's where it names one, else the one that the runtime asks for."""
    part = task.kubernetes
    if runtime is None or "gpu_resource" in part.model_fields_set:
        return part.gpu_resource
    asked = _gpu_names(runtime)
    return part.gpu_resource if part.gpu_resource in asked or not asked else asked[0]


def engine_resources(task: Task, gpus: int, runtime: Runtime | None) -> dict[str, dict[str, Any]]:
    """Requests and limits of the engine: the task's, with the GPUs in both. What is not named stays the runtime's;
    GPUs of another kind that the runtime asks for are set to 0. Raises ManifestError for a request above its limit,
    which the Deployment would refuse without a word."""
    resource = gpu_resource(task, runtime)
    others = [name for name in (_gpu_names(runtime) if runtime else []) if name != resource]
    counted: dict[str, Any] = {resource: gpus} if gpus else {}
    result = {
        kind: {**task.kubernetes.resources.get(kind, {}), **counted, **dict.fromkeys(others, 0)}
        for kind in ("requests", "limits")
    }
    _check_limits(result, runtime)
    return {kind: amounts for kind, amounts in result.items() if amounts}


def runtime_gpus(runtime: Runtime, resource: str) -> int:
    """The GPUs that a runtime asks for by itself."""
    for kind in ("limits", "requests"):
        asked = str(runtime.resources[kind].get(resource, ""))
        if asked.isdigit():
            return int(asked)
    return 0


def _gpu_names(runtime: Runtime) -> list[str]:
    names = {**runtime.resources["limits"], **runtime.resources["requests"]}
    return [name for name, amount in names.items() if name.startswith(_VENDORS) and str(amount) != "0"]


def _names_a_size(parameters: Mapping[str, Any], profile: Profile | None) -> bool:
    if profile is None:
        return False
    sizes = {factor.parameter for factor in profile.gpus}
    known = (profile.find(name) for name, value in parameters.items() if not is_env(name) and value is not None)
    return any(info.name in sizes for info in known if info is not None)


def _check_limits(ours: Mapping[str, Mapping[str, Any]], runtime: Runtime | None) -> None:
    inherited = runtime.resources if runtime else {"requests": {}, "limits": {}}
    requests = {**inherited["requests"], **ours["requests"]}
    limits = {**inherited["limits"], **ours["limits"]}
    for name, amount in requests.items():
        most = limits.get(name)
        if most is not None and (quantity(amount) or 0) > (quantity(most) or float("inf")):
            raise ManifestError(
                f"the engine would ask for {amount} {name}, above its limit of {most}",
                cure=f"Set {name} under kubernetes.resources.limits too.",
            )
