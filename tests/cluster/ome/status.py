"""The status of an InferenceService, out of its Deployment: in the words, and with the silences, of the real one."""

from __future__ import annotations

import datetime
from typing import Any

from .ways import Ways

Object = dict[str, Any]

_INGRESS = ("True", "IngressDisabled", "Ingress creation is disabled, using external service for access")
_INITIALIZING = ("False", "Initializing", "engine component initializing")
_LOADED = {"activeModelState": "Loaded", "targetModelState": "Loaded"}


def status_of(service: Object, deployment: Object, ways: Ways) -> Object:
    """The status as it has to be now. A pod that fails changes nothing of it."""
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    seen = deployment.get("status") or {}
    available = next((c for c in seen.get("conditions") or () if c["type"] == "Available"), None)
    conditions = {"IngressReady": _INGRESS, **_older(ways)}
    component: Object = {}
    if available is None:
        conditions["Ready"] = ("True", "", "") if ways.ready_at_once else ("Unknown", "", "")
    else:
        engine = _engine(available, service)
        conditions["EngineReady"] = engine
        conditions["Ready"] = ("True", "", "") if ways.ready_at_once or engine[0] == "True" else engine
        component = _component(name, namespace, ready=engine[0] == "True", ways=ways)
    url = ways.url(name, namespace)
    status: Object = {
        "conditions": _written(conditions, service),
        "url": url,
        "address": {"url": url},
        "modelStatus": _model(available, ways),
        "components": {"engine": component},
    }
    if available is not None:
        status["observedGeneration"] = seen.get("observedGeneration", 1)  # the Deployment's
    return status


def _older(ways: Ways) -> dict[str, tuple[str, str, str]]:
    if not ways.ready_at_once:
        return {}
    return {
        "LatestDeploymentReady": ("Unknown", "EngineConfigurationReady not ready", ""),
        "RoutesReady": ("Unknown", "EngineRouteReady not ready", ""),
    }


def _engine(available: Object, service: Object) -> tuple[str, str, str]:
    if available["status"] == "True":
        return "True", "MinimumReplicasAvailable", "Deployment has minimum availability."
    was_ready = ((service.get("status") or {}).get("components") or {}).get("engine", {}).get("url")
    if was_ready:
        return "False", available.get("reason", ""), available.get("message", "")
    return _INITIALIZING


def _component(name: str, namespace: str, *, ready: bool, ways: Ways) -> Object:
    component: Object = {"latestCreatedRevision": "1"}
    if ready:
        component["url"] = f"http://{name}-engine.{namespace}.svc.cluster.local"
        if not ways.ready_at_once:
            component["latestReadyRevision"] = "1"
    return component


def _model(available: Object | None, ways: Ways) -> Object:
    copies = {"failedCopies": 0, "totalCopies": 1}
    if available is not None and (ways.ready_at_once or available["status"] == "True"):
        return {"modelCopies": copies, "modelRevisionStates": _LOADED, "transitionStatus": "UpToDate"}
    pending = {"activeModelState": "", "targetModelState": "Pending"}
    return {"modelRevisionStates": pending, "transitionStatus": "InProgress"}


def _written(conditions: dict[str, tuple[str, str, str]], service: Object) -> list[Object]:
    before = {c["type"]: c for c in (service.get("status") or {}).get("conditions") or ()}
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    written = []
    for kind in sorted(conditions):
        state, reason, message = conditions[kind]
        entry: Object = {"type": kind, "status": state}
        entry |= {key: text for key, text in (("reason", reason), ("message", message)) if text}
        old = before.get(kind)
        same = old is not None and old["status"] == state
        entry["lastTransitionTime"] = old["lastTransitionTime"] if same and old is not None else now
        written.append(entry)
    return written
