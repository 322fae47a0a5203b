"""The objects that OME makes for an InferenceService."""

from __future__ import annotations

import json
from typing import Any

from .labels import engine_annotations, engine_labels
from .making import owner
from .merging import engine_pod
from .names import autoscaler_is_external, engine_labels_of, engine_name, model_of, shortened
from .refusals import Parts
from .ways import Ways

Object = dict[str, Any]

PORT = 8080


def children(service: Object, parts: Parts, ways: Ways) -> list[Object]:
    """All of them, in the order in which they appear."""
    made = [
        *([_model_config(service, parts.model)] if parts.model else []),
        _engine_service(service, parts),
        _deployment(service, parts),
    ]
    if not (ways.autoscaler_can_be_external and autoscaler_is_external(service)):
        made.append(_autoscaler(service))
    return [*made, _budget(service), service_of(service, ways)]


def service_of(service: Object, ways: Ways) -> Object:
    """The Service that is named like the InferenceService."""
    name = service["metadata"]["name"]
    body = _child(service, "v1", "Service", name)
    body["metadata"]["labels"] = {"component": "external-service", "ome.io/inferenceservice": name}
    ports = [{"name": "http", "protocol": "TCP", "port": ways.service_port, "targetPort": PORT}]
    body["spec"] = {"ports": ports, "selector": {"component": "engine", "ome.io/inferenceservice": name}}
    return body


def _child(service: Object, version: str, kind: str, name: str) -> Object:
    about = {"name": name, "namespace": service["metadata"]["namespace"], "ownerReferences": [owner(service)]}
    return {"apiVersion": version, "kind": kind, "metadata": about}


def _model_config(service: Object, model: Object) -> Object:
    name, spec = service["metadata"]["name"], model["spec"]
    body = _child(service, "v1", "ConfigMap", f"modelconfig-{name[-20:].lstrip('-')}")
    body["metadata"]["labels"] = {"ome.io/inferenceservice": name}
    storage, form = spec.get("storage") or {}, spec.get("modelFormat") or {}
    frame = spec.get("modelFramework") or {}
    about = {
        "storageUri": storage.get("storageUri"),
        "path": storage.get("path"),
        "storageKey": storage.get("key"),
        "modelFormatName": form.get("name"),
        "modelFormatVersion": form.get("version"),
        "modelType": spec.get("modelType"),
        "modelFrameworkName": frame.get("name"),
        "modelFrameworkVersion": frame.get("version"),
    }
    entry = {"modelName": model_of(service), "modelSpec": {key: value for key, value in about.items() if value}}
    body["data"] = {"models.json": json.dumps([entry], separators=(",", ":"))}
    return body


def _engine_child(service: Object, parts: Parts, version: str, kind: str, name: str) -> Object:
    body = _child(service, version, kind, name)
    body["metadata"]["labels"] = engine_labels(service, parts)
    body["metadata"]["annotations"] = engine_annotations(service, parts)
    return body


def _engine_service(service: Object, parts: Parts) -> Object:
    body = _engine_child(service, parts, "v1", "Service", shortened(engine_name(service)))
    ports = [{"name": "http1", "protocol": "TCP", "port": PORT, "targetPort": PORT}]
    body["spec"] = {"ports": ports, "selector": engine_labels_of(service)}
    return body


def _deployment(service: Object, parts: Parts) -> Object:
    body = _engine_child(service, parts, "apps/v1", "Deployment", engine_name(service))
    about = {key: body["metadata"][key] for key in ("name", "namespace", "labels", "annotations")}
    engine = service["spec"].get("engine") or {}
    body["spec"] = {
        "replicas": max(engine.get("minReplicas") or 1, 1),
        "selector": {"matchLabels": engine_labels_of(service)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "progressDeadlineSeconds": 600,
        "template": {"metadata": about, "spec": engine_pod(service, parts.runtime, parts.model)},
    }
    return body


def _autoscaler(service: Object) -> Object:
    engine, name = service["spec"].get("engine") or {}, engine_name(service)
    body = _child(service, "autoscaling/v2", "HorizontalPodAutoscaler", name)
    target = {"type": "Utilization", "averageUtilization": 80}
    least = max(engine.get("minReplicas") or 1, 1)
    body["spec"] = {
        "minReplicas": least,
        "maxReplicas": max(engine.get("maxReplicas") or 1, least),
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    return body


def _budget(service: Object) -> Object:
    body = _child(service, "policy/v1", "PodDisruptionBudget", engine_name(service))
    body["spec"] = {"minAvailable": 1, "selector": {"matchLabels": engine_labels_of(service)}}
    return body
