"""A task written from a service that runs today: its flags are the baseline, and a few of them are varied.

No secret is carried over: references to secrets are kept as references, values that look like one are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autotuner_core.deploy.ome.arguments import literal, runtime_options
from autotuner_core.deploy.ome.engine import profile_of_runtime
from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.options import setting_of
from autotuner_core.deploy.ome.runtime import Runtime, laid_over, read_runtime
from autotuner_core.deploy.ome.service_pod import environment_of, kubernetes_of
from autotuner_core.deploy.ome.settings import settings_of
from autotuner_core.engines.profile import ParameterInfo, Profile
from autotuner_core.task.names import service_fault, suggestion
from autotuner_core.task.redact import flag_looks_secret

_MOST_VARIED = 3
_MOST_VALUES = 4
_ITERATIONS = 16
_OF_THE_TUNER = frozenset({"enable_metrics", "metrics"})


@dataclass(frozen=True)
class TaskOfService:
    """The task as its file has it, and what could not be carried over, in words."""

    task: dict[str, Any]
    notes: tuple[str, ...]


def task_of_service(
    service: Mapping[str, Any], runtime: Mapping[str, Any], model: Mapping[str, Any] | None = None
) -> TaskOfService:
    """A task for the model and runtime of an InferenceService, with the engine's flags as `fixed` and `baseline`.

    `runtime` is the runtime that it uses, `model` its ClusterBaseModel or BaseModel where that could be read. Raises
    ManifestError for a service without a model, and for a runtime that starts no single engine.
    """
    metadata, spec = service["metadata"], service.get("spec") or {}
    named = (spec.get("model") or {}).get("name")
    if not named:
        raise ManifestError(f"the service {metadata['name']} names no model", cure="Name a service that serves one.")
    base = read_runtime(runtime)
    running = laid_over(base, (spec.get("engine") or {}).get("runner") or {})
    profile = profile_of_runtime(running)
    settings, notes = _settings(base, running, profile)
    variables, more = environment_of(running.env[len(base.env) :])
    varied = _varied(settings, profile)
    kubernetes = kubernetes_of(spec.get("engine") or {}, metadata, variables)
    task: dict[str, Any] = {
        "task_name": _task_name(metadata["name"]),
        "description": f"Made from the service {metadata['name']} in {metadata.get('namespace', 'its namespace')}: "
        "its settings are the baseline.",
        "model": {"name": named, "namespace": metadata.get("namespace") or "default"},
        "base_runtime": base.name,
        "parameters": {name: {"type": "choice", "values": values} for name, values in varied.items()},
        "fixed": {
            **{name: value for name, value in settings.items() if name not in varied},
            **{f"env.{name}": value for name, value in variables.items() if isinstance(value, str)},
        },
        "baseline": {name: settings.get(name) for name in varied},
        "optimization": {"objective": "maximize_throughput", "max_iterations": _ITERATIONS},
        "benchmark": _benchmark(named, model),
        "kubernetes": kubernetes,
    }
    return TaskOfService({key: value for key, value in task.items() if value}, (*notes, *more))


def _settings(base: Runtime, running: Runtime, profile: Profile | None) -> tuple[dict[str, Any], list[str]]:
    """What the engine runs with, without what the tuner sets itself; what the service took out of the runtime's own
    arguments is null, so that it stays out."""
    options = runtime_options(running, profile)
    owned = {setting_of(flag, profile) for flag in (profile.owned_flags if profile else ("--host", "--port"))}
    settings, notes = {}, []
    for name, value in settings_of(options, profile).items():
        if flag_looks_secret(name):
            notes.append(f"{name} looks like a secret and was left out")
        elif name in owned or name in _OF_THE_TUNER:
            continue
        elif literal(str(value)) != str(value):
            notes.append(f"{name} refers to a variable of the pod and was left out")
        else:
            settings[name] = value
    for name in settings_of(runtime_options(base, profile), profile):
        if name not in owned and name not in _OF_THE_TUNER and not flag_looks_secret(name):
            settings.setdefault(name, None)
    return settings, notes


def _varied(settings: Mapping[str, Any], profile: Profile | None) -> dict[str, list[Any]]:
    """The parameters to vary: those that the service sets and the profile has values for, else the profile's first;
    of an engine without a profile, the service's own first setting."""
    if profile is None:
        first = next((name for name, value in settings.items() if value is not None), "name_of_a_setting")
        return {first: [settings.get(first)]}
    known = [info for info in profile.parameters.values() if _has_choices(info)]
    set_here = [info for info in known if settings.get(info.name) is not None]
    chosen = (set_here or known)[:_MOST_VARIED]
    return {info.name: _values(info, settings.get(info.name)) for info in chosen}


def _has_choices(info: ParameterInfo) -> bool:
    return len(info.values) > 1 and not any(isinstance(value, list) for value in info.values)


def _values(info: ParameterInfo, today: Any) -> list[Any]:
    """Today's value first, then the profile's that are nearest to it (of texts, its first ones)."""
    others = [value for value in info.values if value != today]
    if isinstance(today, (int, float)) and all(isinstance(value, (int, float)) for value in others):
        others = sorted(others, key=lambda value: abs(value - today))[: _MOST_VALUES - 1]
        return sorted([today, *others])
    return [today, *others[: _MOST_VALUES - 1]]


def _benchmark(model_name: str, model: Mapping[str, Any] | None) -> dict[str, Any]:
    uri = str((((model or {}).get("spec") or {}).get("storage") or {}).get("storageUri") or "")
    source, _, path = uri.partition("://")
    tokenizer = {"model_tokenizer": path.partition("@")[0]} if source == "hf" and path else {}
    return {"model_name": model_name, **tokenizer, "traffic_scenarios": ["D(100,100)"], "num_concurrency": [1, 8, 32]}


def _task_name(service: str) -> str:
    name = f"tune-{service}"[:63].rstrip("-")
    return suggestion(name) if service_fault(name) else name
