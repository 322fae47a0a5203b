"""What OME's webhooks say to an InferenceService: defaults, refusals and warnings, in their words (1.2.2)."""

from __future__ import annotations

import re
from typing import Any

from . import paths
from .api import Api
from .fitting import unfit
from .names import annotation, model_of, runtime_of
from .refusals import NAMED, candidates, excluded, found, none_found, unusable

Object = dict[str, Any]

NAME = "[a-z]([-a-z0-9]*[a-z0-9])?"
AUTOSCALERS = ("", "hpa", "keda", "external")
MODE = "ome.io/deploymentMode"
MODEL_MISSING = (
    'referenced model "{}" not found in namespace "{}": ensure a BaseModel exists in this namespace or a'
    " ClusterBaseModel exists cluster-wide with this name"
)
SCALE_TO_ZERO = (
    "InvalidScaleToZero: engine.minReplicas=0 requires KEDA autoscaling (set spec.engine.autoscaler.class=KEDA or the"
    " ome.io/autoscalerClass=keda annotation)"
)


class Denied(Exception):
    """The message of a refusal."""


def defaults(service: Object) -> list[Object]:
    """What the defaulter adds, as a JSON patch."""
    made: list[Object] = []
    if not service["metadata"].get("annotations"):
        made.append({"op": "add", "path": "/metadata/annotations", "value": {}})
    if not annotation(service, MODE):
        path = "/metadata/annotations/" + MODE.replace("/", "~1")
        made.append({"op": "add", "path": path, "value": "RawDeployment"})
    engine = service["spec"].get("engine")
    for key, value in (("minReplicas", 1), ("maxReplicas", 3)) if engine is not None else ():
        if key not in engine:
            made.append({"op": "add", "path": f"/spec/engine/{key}", "value": value})
    return made


def check_service(service: Object, namespace: str, api: Api) -> list[str]:
    """The warnings about one that is let in. Raises Denied."""
    name, spec = service["metadata"].get("name", ""), service["spec"]
    if not re.fullmatch(NAME, name):
        raise Denied(f'invalid InferenceService name "{name}", must match "{NAME}"')
    if not spec.get("model") and not spec.get("runtime"):
        raise Denied("at least one of spec.model or spec.runtime must be set")
    scaler = annotation(service, "ome.io/autoscalerClass")
    if scaler not in AUTOSCALERS:
        raise Denied(f"[{scaler}] is not a supported autoscaler class type")
    if (spec.get("engine") or {}).get("minReplicas") == 0 and scaler != "keda":
        raise Denied(SCALE_TO_ZERO)
    model = _model(service, namespace, api)
    return _runtime(service, namespace, model, api) if model else []


def _model(service: Object, namespace: str, api: Api) -> Object | None:
    name = model_of(service)
    if not name:
        return None
    model = found(api, paths.models(namespace, name))
    if model is None:
        raise Denied(MODEL_MISSING.format(name, namespace))
    if model["spec"].get("disabled"):
        raise Denied(f"model {name} is disabled")
    return model


def _runtime(service: Object, namespace: str, model: Object, api: Api) -> list[str]:
    name, of_model = runtime_of(service), model["metadata"]["name"]
    if not name:
        _any_runtime(service, namespace, model, api)
        return []
    runtime = found(api, paths.runtimes(namespace, name))
    if why := unusable(name, namespace, runtime):
        raise Denied(f"runtime {name} does not support model {of_model}: {why}")
    assert runtime is not None
    why = unfit(runtime, model)
    return [f'runtime "{name}" does not declare support for model "{of_model}" ({why}){NAMED}'] if why else []


def _any_runtime(service: Object, namespace: str, model: Object, api: Api) -> None:
    there = candidates(api, namespace)
    runner = (service["spec"].get("engine") or {}).get("runner") or {}
    if runner.get("image") or not all(excluded(runtime, model) for runtime in there):
        return
    told = f"no supporting runtime found for model {model['metadata']['name']}"
    incomplete = "engine does not have complete runner configuration"
    raise Denied(f"{told} and {incomplete}: {none_found(model, namespace, there)}")
