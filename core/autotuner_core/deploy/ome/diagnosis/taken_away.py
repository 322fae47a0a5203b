"""An engine whose pod or node was taken away: nothing to hold against its configuration."""

from __future__ import annotations

from autotuner_core.deploy.ome.diagnosis.events import event_lines, own_events
from autotuner_core.deploy.ome.diagnosis.view import ServiceView, Verdict
from autotuner_core.deploy.ome.fields import Object, condition, created, going, name_of, part, text, uid_of
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause

_EVICTED = {
    "Evicted": "the node evicted it",
    "Preempting": "a pod of higher priority took its place",
    "Preempted": "a pod of higher priority took its place",
    "Terminated": "its node was shut down",
    "NodeShutdown": "its node was shut down",
    "Shutdown": "its node was shut down",
    "PreemptionByScheduler": "a pod of higher priority took its place",
    "PreemptionByKubeScheduler": "a pod of higher priority took its place",
    "EvictionByEvictionAPI": "somebody drained its node",
    "DeletionByTaintManager": "its node got a taint that it does not tolerate",
    "TerminationByKubelet": "the node evicted it",
}
_LOST = {
    "NodeLost": "its node does not answer any more",
    "DeletionByPodGC": "its node is gone",
}
_NOT_ADMITTED = ("UnexpectedAdmissionError", "NodeAffinity", "NodePorts", "AppArmor")
"""And `OutOf<resource>`: the kubelet refused a pod that the scheduler had sent (a race for the GPUs)."""


def taken_away(view: ServiceView) -> Verdict:
    """The pod was evicted or preempted, its node is lost, or (of a pod that was measured) it is not there any more."""
    for pod in view.pods:
        if found := _node_lost(view, pod) or _evicted(view, pod):
            return found
    return _refused_by_node(view) or _gone(view)


def _reason(pod: Object) -> str:
    disrupted = condition(pod, "DisruptionTarget")
    return text(disrupted, "reason") if disrupted.get("status") == "True" else text(pod, "status", "reason")


def _said(pod: Object) -> str:
    words = text(condition(pod, "DisruptionTarget"), "message") or text(pod, "status", "message")
    return f"pod {name_of(pod)}: {_reason(pod)} {' '.join(words.split())}".strip()


def _evicted(view: ServiceView, pod: Object) -> Verdict:
    reason = _reason(pod)
    if reason not in _EVICTED:
        return None
    return ExperimentFailure(
        Cause.EVICTED,
        f"the engine's pod was taken away: {_EVICTED[reason]}",
        evidence=(reason, _said(pod), *event_lines(own_events(view), "Evicted", "Preempted", "TaintManagerEviction")),
        cure="It is tried again. A kubernetes.priority_class that others may not preempt keeps its place; an eviction "
        "for memory or disk wants requests that say what the engine needs.",
    )


def _node_lost(view: ServiceView, pod: Object) -> Verdict:
    where = text(pod, "spec", "nodeName")
    reason = _reason(pod)
    words = _LOST.get(reason, "")
    lines = [_said(pod)] if words else []
    node = next((one for one in view.nodes or () if name_of(one) == where), None) if where else None
    ready = condition(node, "Ready")
    if ready and ready.get("status") != "True":
        words = words or "its node is not ready any more"
        lines.append(f"node {where}: Ready={ready.get('status')} {text(ready, 'reason')} {text(ready, 'message')}")
    if text(pod, "status", "phase") == "Unknown" and not words:
        words, lines = "its node does not answer any more", [f"pod {name_of(pod)}: phase Unknown"]
    if not words:
        return None
    return ExperimentFailure(
        Cause.NODE_LOST,
        f"the node {where} of the engine's pod is lost: {words}",
        evidence=(reason or f"node {where}", *lines, *event_lines(own_events(view), "NodeNotReady")),
        cure=f"It is tried again, on another node where there is one. kubectl describe node {where} shows its state.",
    )


def _refused_by_node(view: ServiceView) -> Verdict:
    """Before it was ready, and as long as the Deployment makes new pods: for a moment."""
    refused = [pod for pod in view.live_pods if text(pod, "status", "phase") == "Failed" and _not_admitted(pod)]
    newest = view.live_pods[-1] if view.live_pods else None
    if not refused or newest is None or newest is not refused[-1]:
        return None
    grace = view.in_grace(_said(newest), created(refused[0]), (_reason(newest), _said(newest)))
    if grace.until is not None and view.now < grace.until:
        return grace
    return ExperimentFailure(
        Cause.UNSCHEDULABLE,
        f"the node refuses the engine's pod: {_said(newest)}",
        evidence=(_reason(newest), _said(newest)),
        cure="Look at the node's device plugin: it offers what it cannot give.",
    )


def _not_admitted(pod: Object) -> bool:
    reason = _reason(pod)
    return reason in _NOT_ADMITTED or reason.startswith("OutOf")


def _gone(view: ServiceView) -> Verdict:
    """A pod that was measured and is gone, or is being deleted, by other hands."""
    if not view.serving:
        return None
    pod = next((one for one in view.pods if uid_of(one) == view.serving), None)
    if pod is not None and not going(pod):
        return None
    name = name_of(pod) if pod is not None else "that was measured"
    grace = part(pod, "metadata").get("deletionGracePeriodSeconds")
    state = "is gone" if pod is None else f"is being deleted (within {grace} s)"
    return ExperimentFailure(
        Cause.EVICTED,
        "the engine's pod was deleted while it was measured, and this run did not do it",
        evidence=(f"pod {name} {state}", *event_lines(own_events(view))),
        cure="It is tried again. Somebody deleted it, or scaled or rolled its Deployment.",
    )
