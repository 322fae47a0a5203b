"""The status of an InferenceService, out of its Deployment: in the words, and with the silences, of the real one."""

from __future__ import annotations

import datetime
from typing import Any

from .names import engine_name
from .refusals import Refusal
from .ways import Ways

Object = dict[str, Any]
Said = dict[str, tuple[str, str, str]]  # condition: status, reason, message

_INGRESS = ("True", "IngressDisabled", "Ingress creation is disabled, using external service for access")
_INITIALIZING = ("False", "Initializing", "engine component initializing")
_READY = ("True", "", "")
_OLDER = {
    "LatestDeploymentReady": ("Unknown", "EngineConfigurationReady not ready", ""),
    "RoutesReady": ("Unknown", "EngineRouteReady not ready", ""),
}
_REVISION = "deployment.kubernetes.io/revision"


def is_ready(status: Object | None) -> bool:
    """Whether the condition Ready is True."""
    conditions = (status or {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def status_of(service: Object, deployment: Object, pods: list[Object], ways: Ways) -> Object:
    """The status as it has to be now. It is not looked at again when a pod fails, only when the Deployment changes."""
    before = service.get("status") or {}
    seen = deployment.get("status") or {}
    available = next((c for c in seen.get("conditions") or () if c["type"] == "Available"), None)
    component: Object = {**((before.get("components") or {}).get("engine") or {})}
    said: Said = {"IngressReady": _INGRESS, **(_OLDER if ways.ready_at_once else {})}
    if available is None:
        said["Ready"] = _READY if ways.ready_at_once else ("Unknown", "", "")
    else:
        said["EngineReady"] = _engine(available)
        up = said["EngineReady"][0] == "True"
        said["Ready"] = _READY if ways.ready_at_once or up else _INITIALIZING
        component |= _revisions(service, deployment, up=up, ways=ways)
    ready = is_ready(before) if ways.ready_at_once else said["Ready"][0] == "True"
    url = ways.url(service["metadata"]["name"], service["metadata"]["namespace"])
    status: Object = {
        "conditions": _written(said, before),
        "url": url,
        "address": {"url": url},
        "modelStatus": _model(before.get("modelStatus") or {"transitionStatus": ""}, pods, ready=ready),
        "components": {"engine": component},
    }
    if available is not None:
        status["observedGeneration"] = seen.get("observedGeneration", 1)  # the Deployment's
    return status


def unready_status(service: Object, refusal: Refusal) -> Object:
    """The status where one condition alone tells why nothing is made."""
    before = service.get("status") or {}
    return {**before, "conditions": _written({refusal.condition: ("False", refusal.reason, refusal.message)}, before)}


def _engine(available: Object) -> tuple[str, str, str]:
    if available["status"] == "True":
        return "True", available.get("reason", ""), available.get("message", "")
    return _INITIALIZING


def _revisions(service: Object, deployment: Object, *, up: bool, ways: Ways) -> Object:
    revision = (deployment["metadata"].get("annotations") or {}).get(_REVISION, "1")
    found: Object = {"latestCreatedRevision": revision}
    if up:
        found["url"] = f"http://{engine_name(service)}.{service['metadata']['namespace']}.svc.cluster.local"
        if not ways.ready_at_once:
            found["latestReadyRevision"] = revision
    return found


def _model(before: Object, pods: list[Object], *, ready: bool) -> Object:
    """It is loaded when the service is Ready. Until then only a container of the first pod changes it."""
    states = before.get("modelRevisionStates") or {"activeModelState": ""}
    if pods and ready:
        copies = {"failedCopies": 0, "totalCopies": len(pods)}
        states = {"activeModelState": "Loaded", "targetModelState": "Loaded"}
        return {**before, "modelCopies": copies, "modelRevisionStates": states, "transitionStatus": "UpToDate"}
    containers = pods[0].get("status", {}).get("containerStatuses", ()) if pods else ()
    if pods and not containers:
        return before
    if failure := next(filter(None, map(_failure, containers)), None):
        states = {**states, "targetModelState": "FailedToLoad"}
        told = {"modelRevisionStates": states, "transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": failure}
        return {**before, **told}
    states = {**states, "targetModelState": "Pending"}
    return {**before, "modelRevisionStates": states, "transitionStatus": "InProgress"}


def _failure(container: Object) -> Object | None:
    """Only these two are known to it: an end as `Error`, and CrashLoopBackOff."""
    state, last = container.get("state") or {}, container.get("lastState") or {}
    ended = state.get("terminated") or {}
    if (state.get("waiting") or {}).get("reason") == "CrashLoopBackOff":
        ended = last.get("terminated") or {}
    elif ended.get("reason") != "Error":
        return None
    return {"reason": "ModelLoadFailed", "message": ended.get("message", ""), "exitCode": ended.get("exitCode", 0)}


def _written(said: Said, status: Object) -> list[Object]:
    before = {c["type"]: c for c in status.get("conditions") or ()}
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    written = []
    for kind in sorted(said):
        state, reason, message = said[kind]
        entry: Object = {"type": kind, "status": state}
        entry |= {key: text for key, text in (("reason", reason), ("message", message)) if text}
        old = before.get(kind)
        entry["lastTransitionTime"] = old["lastTransitionTime"] if old and old["status"] == state else now
        written.append(entry)
    return written
