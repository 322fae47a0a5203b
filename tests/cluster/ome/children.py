"""The objects that OME makes for an InferenceService."""

from __future__ import annotations

import json
from typing import Any

from .merging import engine_pod
from .ways import Ways

Object = dict[str, Any]

PORT = 8080
INGRESS_OFF = "ome.io/ingress-disable-creation"
AUTOSCALER = "ome.io/autoscalerClass"


def children(service: Object, runtime: Object, model: Object | None, ways: Ways) -> list[Object]:
    """All of them, in the order in which they appear."""
    made = [
        _model_config(service, model),
        _engine_service(service, runtime, model),
        _deployment(service, runtime, model),
    ]
    annotations = service["metadata"].get("annotations") or {}
    if not (ways.autoscaler_can_be_external and annotations.get(AUTOSCALER) == "external"):
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


def owner(service: Object) -> Object:
    """What makes Kubernetes remove a child with its InferenceService."""
    about = service["metadata"]
    reference = {"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "name": about["name"], "uid": about["uid"]}
    return {**reference, "controller": True, "blockOwnerDeletion": True}


def _child(service: Object, version: str, kind: str, name: str) -> Object:
    about = {"name": name, "namespace": service["metadata"]["namespace"], "ownerReferences": [owner(service)]}
    return {"apiVersion": version, "kind": kind, "metadata": about}


def _model_config(service: Object, model: Object | None) -> Object:
    name = service["metadata"]["name"]
    body = _child(service, "v1", "ConfigMap", f"modelconfig-{name[-20:].lstrip('-')}")
    body["metadata"]["labels"] = {"ome.io/inferenceservice": name}
    entry: Object = {"modelName": service["spec"]["model"]["name"]}
    if model is not None:
        storage, form = model["spec"].get("storage") or {}, model["spec"].get("modelFormat") or {}
        entry["modelSpec"] = {
            "storageUri": storage.get("storageUri"),
            "path": storage.get("path"),
            "storageKey": storage.get("key"),
            "modelFormatName": form.get("name"),
            "modelFormatVersion": form.get("version"),
            "modelType": model["spec"].get("modelType"),
        }
    body["data"] = {"models.json": json.dumps([entry])}
    return body


def _engine_labels(service: Object, runtime: Object, model: Object | None) -> dict[str, str]:
    name = service["metadata"]["name"]
    vendor = (model or {"spec": {}})["spec"].get("vendor")
    return {
        **(service["metadata"].get("labels") or {}),
        **((service["spec"].get("engine") or {}).get("labels") or {}),
        "app": f"{name}-engine",
        "base-model-name": service["spec"]["model"]["name"],
        "base-model-size": "SMALL",
        "base-model-type": "Serving",
        **({"base-model-vendor": vendor} if vendor else {}),
        "component": "engine",
        "fine-tuned-serving": "false",
        "ome.io/inferenceservice": name,
        "serving-runtime": runtime["metadata"]["name"],
    }


def _engine_annotations(service: Object, runtime: Object, model: Object | None) -> dict[str, str]:
    spec = (model or {"spec": {}})["spec"]
    form = spec.get("modelFormat") or {}
    return {
        **(service["metadata"].get("annotations") or {}),
        **((service["spec"].get("engine") or {}).get("annotations") or {}),
        "ome.io/base-model-name": service["spec"]["model"]["name"],
        **({"ome.io/base-model-format": form["name"]} if form.get("name") else {}),
        **({"ome.io/base-model-format-version": form["version"]} if form.get("version") else {}),
        **({"ome.io/base-model-vendor": spec["vendor"]} if spec.get("vendor") else {}),
        "ome.io/serving-runtime": runtime["metadata"]["name"],
    }


def _engine_child(service: Object, runtime: Object, model: Object | None, version: str, kind: str) -> Object:
    body = _child(service, version, kind, f"{service['metadata']['name']}-engine")
    body["metadata"]["labels"] = _engine_labels(service, runtime, model)
    body["metadata"]["annotations"] = _engine_annotations(service, runtime, model)
    return body


def _engine_service(service: Object, runtime: Object, model: Object | None) -> Object:
    body = _engine_child(service, runtime, model, "v1", "Service")
    ports = [{"name": "http1", "protocol": "TCP", "port": PORT, "targetPort": PORT}]
    body["spec"] = {"ports": ports, "selector": {"app": body["metadata"]["name"]}}
    return body


def _deployment(service: Object, runtime: Object, model: Object | None) -> Object:
    body = _engine_child(service, runtime, model, "apps/v1", "Deployment")
    about = body["metadata"]
    body["spec"] = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": about["name"]}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "progressDeadlineSeconds": 600,
        "template": {
            "metadata": {"labels": about["labels"], "annotations": about["annotations"]},
            "spec": engine_pod(service, runtime, model),
        },
    }
    return body


def _autoscaler(service: Object) -> Object:
    engine = service["spec"].get("engine") or {}
    name = f"{service['metadata']['name']}-engine"
    body = _child(service, "autoscaling/v2", "HorizontalPodAutoscaler", name)
    target = {"type": "Utilization", "averageUtilization": 80}
    body["spec"] = {
        "minReplicas": engine.get("minReplicas", 1),
        "maxReplicas": engine.get("maxReplicas", 3),
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    return body


def _budget(service: Object) -> Object:
    name = f"{service['metadata']['name']}-engine"
    body = _child(service, "policy/v1", "PodDisruptionBudget", name)
    body["spec"] = {"minAvailable": 1, "selector": {"matchLabels": {"app": name}}}
    return body
