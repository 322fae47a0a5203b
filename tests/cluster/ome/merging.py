"""The engine's pod out of runtime, InferenceService and model, as OME merges them: arguments are replaced whole,
environment variables and volumes merge by name, resources by key, the rest by the service's word."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

_OF_THE_COMPONENT = ("minReplicas", "maxReplicas", "runner", "labels", "annotations")
_BY_NAME = ("env", "volumes", "volumeMounts", "imagePullSecrets")
NODE_LABEL = "models.ome.io/{kind}.{name}"


def engine_pod(service: Object, runtime: Object, model: Object | None) -> Object:
    """The pod's spec."""
    theirs = copy.deepcopy(runtime["spec"].get("engineConfig") or {})
    ours = copy.deepcopy(service["spec"].get("engine") or {})
    container = _merged(theirs.get("runner") or {}, ours.get("runner") or {})
    parts = (_pod_part(theirs), _pod_part(ours))
    pod = _merged(*parts)
    pod["containers"] = [container, *pod.get("containers", ())]
    pod.setdefault("terminationGracePeriodSeconds", 30)
    if model is not None:
        _add_model(pod, container, model)
    gpus = ((container.get("resources") or {}).get("limits") or {}).get("nvidia.com/gpu")
    _add_env(container, "PARALLELISM_SIZE", str(gpus or 1))
    return pod


def _pod_part(component: Mapping[str, Any]) -> Object:
    return {key: value for key, value in component.items() if key not in _OF_THE_COMPONENT}


def _merged(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Object:
    merged = dict(theirs)
    for key, value in ours.items():
        before = merged.get(key)
        if key in _BY_NAME and before:
            merged[key] = by_name(before, value)
        elif key in ("resources", "nodeSelector") and isinstance(before, dict):
            merged[key] = _deep(before, value)
        else:
            merged[key] = value
    return merged


def by_name(theirs: list[Object], ours: list[Object]) -> list[Object]:
    """Both, where ours replaces theirs. A mount is known by its path, everything else by its name."""
    names = [entry.get("mountPath") or entry["name"] for entry in ours]
    return [entry for entry in theirs if (entry.get("mountPath") or entry["name"]) not in names] + ours


def _deep(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Object:
    merged = dict(theirs)
    for key, value in ours.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _deep(merged[key], value) if both else value
    return merged


def _add_model(pod: Object, container: Object, model: Object) -> None:
    """The model's folder of the node, at the same path, on a node where the model's agent says that it is."""
    name, path = model["metadata"]["name"], (model["spec"].get("storage") or {}).get("path")
    label = NODE_LABEL.format(kind=model["kind"].lower(), name=name)
    pod["nodeSelector"] = {**(pod.get("nodeSelector") or {}), label: "Ready"}
    if not path:
        return
    pod["volumes"] = [*(pod.get("volumes") or ()), {"name": name, "hostPath": {"path": path}}]
    mount = {"name": name, "mountPath": path, "readOnly": True}
    container["volumeMounts"] = [*(container.get("volumeMounts") or ()), mount]
    _add_env(container, "MODEL_PATH", path)


def _add_env(container: Object, name: str, value: str) -> None:
    rest = [entry for entry in container.get("env") or () if entry["name"] != name]
    container["env"] = [*rest, {"name": name, "value": value}]
