"""Why an InferenceService gets no pods: the events that the controller writes then, and its silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import paths
from .api import Api
from .fitting import priority, unfit
from .names import deployment_mode, model_of, runtime_of
from .ways import Ways

Object = dict[str, Any]

NAMED = "; proceeding because the runtime was named explicitly"


class Refusal(Exception):
    """No pods; `reason` and `message` of the Warning that comes again and again. Without a reason: nothing is said.
    `condition` is the one that says it too, if any."""

    def __init__(self, reason: str = "", message: str = "", condition: str = "") -> None:
        super().__init__(message)
        self.reason, self.message, self.condition = reason, message, condition


@dataclass(frozen=True)
class Parts:
    """What a service is made of: its runtime, its model, if it names one, and a warning that means nothing."""

    runtime: Object
    model: Object | None
    advisory: str = ""


def parts_of(service: Object, api: Api, ways: Ways) -> Parts:
    """Its runtime and its model. Raises Refusal."""
    model = model_for(service, api)
    runtime = runtime_for(service, model, api, ways)
    if not service["spec"].get("engine"):
        raise Refusal("DeploymentModeError", "engine component is required")
    if deployment_mode(service) == "OMENative":
        raise Refusal
    why = unfit(runtime, model) if model else ""
    if not why:
        return Parts(runtime, model)
    about = (runtime["metadata"]["name"], model_of(service))
    if ways.formats_must_fit:
        raise Refusal("RuntimeValidationError", "Runtime {} does not support model {}: ".format(*about) + why)
    said = "Runtime {} does not declare support for model {} ({}){}"
    return Parts(runtime, model, said.format(*about, why, NAMED))


def model_for(service: Object, api: Api) -> Object | None:
    """The model, or None where none is named. Raises Refusal."""
    name = model_of(service)
    if not name:
        return None
    model = found(api, paths.models(service["metadata"]["namespace"], name))
    if model is None:
        raise Refusal
    if model["spec"].get("disabled"):
        raise Refusal("ModelReconcileError", f"specified base model {name} is disabled")
    return model


def runtime_for(service: Object, model: Object | None, api: Api, ways: Ways) -> Object:
    """The runtime: the one that is named, or one that may be chosen. Raises Refusal."""
    name, namespace = runtime_of(service), service["metadata"]["namespace"]
    if not name:
        return _chosen(service, model, api, ways)
    runtime = found(api, paths.runtimes(namespace, name))
    if why := unusable(name, namespace, runtime):
        told = f"Runtime {name} does not support model {model_of(service)}: {why}"
        raise Refusal("RuntimeValidationError", told)
    assert runtime is not None
    return runtime


def unusable(name: str, namespace: str, runtime: Object | None) -> str:
    """Why no service can have this runtime, or nothing."""
    if runtime is None:
        return f"runtime {name} not found in namespace {namespace} or at cluster scope"
    scope = "namespace" if runtime["metadata"].get("namespace") else "cluster"
    return f"{scope}-scoped runtime {name} is disabled" if runtime["spec"].get("disabled") else ""


def found(api: Api, places: tuple[str, str]) -> Object | None:
    """The object at the first place that has one."""
    return next((body for place in places if (body := api.get(place)) is not None), None)


def _chosen(service: Object, model: Object | None, api: Api, ways: Ways) -> Object:
    runner = (service["spec"].get("engine") or {}).get("runner") or {}
    if runner.get("image"):  # it can do without
        return {"kind": "ClusterServingRuntime", "metadata": {"name": ""}, "spec": {}}
    if model is None:
        raise Refusal("RuntimeSelectionError", "model or runtime must be set")
    namespace = service["metadata"]["namespace"]
    there = candidates(api, namespace)
    ranked = sorted((r for r in there if not excluded(r, model)), key=lambda r: priority(r) or 0)
    if ranked:
        return ranked[-1]
    told = none_found(model, namespace, there)
    if ways.ready_at_once:
        raise Refusal("RuntimeSelectionError", told)
    raise Refusal("RuntimeNotFound", told, condition="RuntimeReady")


def candidates(api: Api, namespace: str) -> list[Object]:
    """The runtimes of a namespace, then those of the cluster."""
    return [body for place in paths.runtimes(namespace, "") for body in api.call("GET", place.rstrip("/"))["items"]]


def excluded(runtime: Object, model: Object) -> str:
    """Why this runtime is not chosen by itself, or nothing."""
    if runtime["spec"].get("disabled"):
        return "runtime is disabled"
    about = unfit(runtime, model).partition(": ")[2]
    return about or ("" if priority(runtime) is not None else "auto-select is not enabled")


def none_found(model: Object, namespace: str, runtimes: list[Object]) -> str:
    """That no runtime was found, and why each was not taken."""
    form = (model["spec"].get("modelFormat") or {}).get("name", "")
    own = sum(1 for runtime in runtimes if runtime["metadata"].get("namespace"))
    why = "; ".join(f"{runtime['metadata']['name']} ({excluded(runtime, model)})" for runtime in runtimes)
    return (
        f"no runtime found to support model {form} with format {form} in namespace {namespace}. Checked"
        f" {len(runtimes)} runtimes ({own} namespace-scoped, {len(runtimes) - own} cluster-scoped)."
        f" Excluded runtimes: {why}"
    )
