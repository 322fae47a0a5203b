"""A service as a diagnosis is shown it: its objects in the states of which a test tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autotuner_core.deploy.ome.diagnosis import InGrace, ServiceView, diagnose
from autotuner_core.failures import ExperimentFailure
from recorded_service import BEGAN, NAME, asking, node, stamp

POD = f"{NAME}-engine-RS-POD"


def service(**more: Any) -> dict[str, Any]:
    metadata = {"name": NAME, "namespace": "ns", "uid": "uid-isvc", "creationTimestamp": stamp(0)}
    return {"metadata": {**metadata, **more}, "status": {}}


def pod(
    state: Mapping[str, Any] | None = None,
    *,
    last: Mapping[str, Any] | None = None,
    restarts: int = 0,
    conditions: Mapping[str, tuple[str, str, str]] | None = None,
    spec: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    **metadata: Any,
) -> dict[str, Any]:
    """The engine's pod on node-1, its container in a state."""
    told = [
        {"type": kind, "status": how[0], "reason": how[1], "message": how[2], "lastTransitionTime": stamp(1)}
        for kind, how in (conditions or {}).items()
    ]
    container = {"name": "ome-container", "restartCount": restarts, "state": state, "lastState": last or {}}
    return {
        "metadata": {"name": POD, "namespace": "ns", "uid": "uid-pod", "creationTimestamp": stamp(1), **metadata},
        "spec": {"nodeName": "node-1", "containers": [asking(1, memory="1Gi")], **(spec or {})},
        "status": {
            "phase": "Pending", "conditions": told, "containerStatuses": [container] if state else [], **(status or {}),
        },
    }  # fmt: skip


def view(*pods: Mapping[str, Any], events: list[Any] | None = None, at: float = 5, **more: Any) -> ServiceView:
    given: dict[str, Any] = {
        "service": service(finalizers=["inferenceservice.finalizers"]),
        "deployment": deployment(),
        "nodes": [node()],
        "cluster_pods": pods,
    }
    return ServiceView(**{**given, **more}, pods=pods, events=events or [], now=BEGAN + at, name=NAME)


def deployment(**conditions: tuple[str, str, str]) -> dict[str, Any]:
    told = [{"type": kind, "status": s, "reason": r, "message": m} for kind, (s, r, m) in conditions.items()]
    metadata = {"name": f"{NAME}-engine", "uid": "uid-deployment", "creationTimestamp": stamp(0)}
    return {"metadata": metadata, "status": {"conditions": told}}


def failure(seen: ServiceView) -> ExperimentFailure:
    found = diagnose(seen)
    assert isinstance(found, ExperimentFailure), found
    assert found.message and found.evidence and found.cure
    return found


def grace(seen: ServiceView) -> InGrace:
    found = diagnose(seen)
    assert isinstance(found, InGrace), found
    return found


def waits(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def died(code: int = 1, reason: str = "Error") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason}}


def unscheduled(message: str, **spec: Any) -> dict[str, Any]:
    return pod(conditions={"PodScheduled": ("False", "Unschedulable", message)}, spec={"nodeName": None, **spec})
