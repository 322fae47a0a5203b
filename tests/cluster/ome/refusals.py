"""Why an InferenceService gets no pods: the events that the controller writes then, and its silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import paths
from .ways import Ways

Object = dict[str, Any]
Get = Callable[[str], Object | None]


class Refusal(Exception):
    """No pods; `reason` and `message` of the Warning that comes again and again. Without a reason: nothing is said."""

    def __init__(self, reason: str = "", message: str = "") -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


@dataclass(frozen=True)
class Parts:
    """What a service is made of. `advisory` is a warning that means nothing."""

    runtime: Object
    model: Object
    advisory: str = ""


def parts_of(service: Object, get: Get, ways: Ways) -> Parts:
    """Its runtime and its model. Raises Refusal."""
    namespace, spec = service["metadata"]["namespace"], service["spec"]
    model_name = (spec.get("model") or {}).get("name", "")
    model = _first(get, paths.models(namespace, model_name))
    if model is None:
        raise Refusal
    if model["spec"].get("disabled"):
        raise Refusal("ModelReconcileError", f"Failed to reconcile model: model {model_name} is disabled")
    if not spec.get("engine"):
        raise Refusal("InternalError", "engine component is required")
    runtime_name = (spec.get("runtime") or {}).get("name", "")
    unfit = f"Runtime {runtime_name} does not support model {model_name}: "
    runtime = _first(get, paths.runtimes(namespace, runtime_name))
    if runtime is None:
        told = f"runtime {runtime_name} not found in namespace {namespace} or at cluster scope"
        raise Refusal("RuntimeValidationError", unfit + told)
    if runtime["spec"].get("disabled"):
        raise Refusal("RuntimeValidationError", f"{unfit}cluster-scoped runtime {runtime_name} is disabled")
    if _fits(runtime, model):
        return Parts(runtime, model)
    form = (model["spec"].get("modelFormat") or {}).get("name")
    told = f"{unfit}model format '{form}' is not supported by the runtime"
    if ways.formats_must_fit:
        raise Refusal("RuntimeValidationError", told)
    return Parts(runtime, model, told)


def _first(get: Get, places: tuple[str, str]) -> Object | None:
    return next((found for place in places if (found := get(place)) is not None), None)


def _fits(runtime: Object, model: Object) -> bool:
    form = (model["spec"].get("modelFormat") or {}).get("name")
    supported = runtime["spec"].get("supportedModelFormats") or ()
    return any((entry.get("modelFormat") or {}).get("name") == form or entry.get("name") == form for entry in supported)
