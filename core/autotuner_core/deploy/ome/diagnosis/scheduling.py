"""A pod that no node takes: for ever, or for a moment."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autotuner_core.deploy.ome.capacity import requests
from autotuner_core.deploy.ome.diagnosis.events import event_line, event_lines, own_events
from autotuner_core.deploy.ome.diagnosis.view import ServiceView, Verdict
from autotuner_core.deploy.ome.fields import Object, condition, created, items, name_of, seconds, text, uid_of
from autotuner_core.deploy.ome.quantity import readable
from autotuner_core.deploy.ome.shortage import MODEL_LABELS, Shortage, shortage
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause

_SCALING = ("TriggeredScaleUp", "Nominated")  # cluster-autoscaler, Karpenter
_NOT_SCALING = "NotTriggerScaleUp"
_NO_CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)" (?:not found|is being deleted)')
_PART = re.compile(r"(\d+) ((?:Insufficient|node\(s\)|Too many)[^,]*?)(?=,|\. |\.?$)")


def unschedulable(view: ServiceView) -> Verdict:
    """The newest pod has no node: does_not_fit where none could ever hold it, else unschedulable after the grace."""
    pod = view.live_pods[-1] if view.live_pods else None
    if pod is None or text(pod, "spec", "nodeName"):
        return None
    told = condition(pod, "PodScheduled")
    if told.get("status") != "False":
        return None
    since = seconds(text(told, "lastTransitionTime")) or created(pod)
    if text(told, "reason") == "SchedulingGated":
        gates = ", ".join(text(gate, "name") for gate in items(pod, "spec", "schedulingGates"))
        message = f"the engine's pod waits to be let in by {gates or 'a queueing system'}"
        return view.in_grace(message, since, (message, *event_lines(own_events(view))), endless=True)
    if text(told, "reason") != "Unschedulable":
        return None
    return _no_node(view, pod, " ".join(text(told, "message").split()), since)


def _no_node(view: ServiceView, pod: Object, said: str, since: float | None) -> Verdict:
    missing = shortage(pod, view.nodes, view.cluster_pods) if view.nodes else Shortage()
    words = "; ".join(missing.words) or _shortly(pod, said)
    evidence = (f"pod {name_of(pod)}: PodScheduled=False Unschedulable", said, *_events(view, pod))
    asked = [one for one in own_events(view) if text(one, "reason") in (*_SCALING, _NOT_SCALING)]
    answer = text(asked[-1], "reason") if asked else ""
    if answer in _SCALING:
        lines = (*evidence, event_line(asked[-1]))
        return view.in_grace(f"{words}; an autoscaler adds a node", since, lines, endless=True)
    grace = view.in_grace(f"no node takes the engine's pod: {words}", since, evidence)
    waits = grace.until is not None and view.now < grace.until
    if waits and not answer and view.autoscaler:
        return grace
    if found := _at_once(view, pod, missing, words, evidence, said):
        return found
    return grace if waits else _given_up(view, words, evidence)


def _at_once(
    view: ServiceView, pod: Object, missing: Shortage, words: str, evidence: Sequence[str], said: str
) -> ExperimentFailure | None:
    """What waiting does not cure."""
    if missing.never:
        return ExperimentFailure(
            Cause.DOES_NOT_FIT,
            f"no node can hold the engine's pod: {words}",
            evidence=evidence,
            cure="Leave such configurations out with a constraint, or give the cluster a larger node.",
        )
    if models := [label for label in missing.labels if label.startswith(MODEL_LABELS)]:
        return _model_not_there(view, models, evidence)
    if claim := _NO_CLAIM.search(said):
        return ExperimentFailure(
            Cause.UNSCHEDULABLE,
            f"the engine's pod needs the claim {claim.group(1)}, which does not exist",
            evidence=evidence,
            cure=f"kubectl get pvc -n {text(pod, 'metadata', 'namespace')}: make it, or correct the runtime.",
            retry=False,
        )
    if missing.labels:
        return ExperimentFailure(
            Cause.UNSCHEDULABLE,
            f"no node may take the engine's pod: {words}",
            evidence=evidence,
            cure="Correct kubernetes.node_selector (kubectl get nodes --show-labels), or label a node.",
            retry=False,
        )
    return None


def _model_not_there(view: ServiceView, labels: Sequence[str], evidence: Sequence[str]) -> ExperimentFailure:
    key = labels[0].partition("=")[0]
    states = [
        f"{name_of(node)} says {value}" for node in view.nodes or () if (value := text(node, "metadata", "labels", key))
    ]
    there = f" ({', '.join(states)})" if states else ""
    return ExperimentFailure(
        Cause.MODEL_UNAVAILABLE,
        f"no node has the model: the label {labels[0]} is on none{there}",
        evidence=(*evidence, *states),
        cure="OME's model agent sets it when the model's files are on the node: kubectl get clusterbasemodel -o wide; "
        "kubectl logs -n ome daemonset/ome-model-agent-daemonset",
    )


def _given_up(view: ServiceView, words: str, evidence: Sequence[str]) -> ExperimentFailure:
    unknown = "" if view.nodes is not None else " Nodes may not be read: whether it could ever fit is not known."
    return ExperimentFailure(
        Cause.UNSCHEDULABLE,
        f"no node took the engine's pod within {view.grace:g} s: {words}",
        evidence=evidence,
        cure=f"Free what is missing (kubectl describe nodes shows who holds it), or lower max_parallel.{unknown}",
    )


def _shortly(pod: Object, said: str) -> str:
    """The scheduler's words, with what the pod asks for where that is short."""
    parts = [f"{count} {words.strip()}" for count, words in _PART.findall(said.partition("preemption:")[0])]
    asked = requests(pod)
    short = [name for name in asked if f"Insufficient {name}" in said]
    needs = f"needs {', '.join(readable(name, asked[name]) for name in short)}; " if short else ""
    return f"{needs}{', '.join(parts) or said}"


def _events(view: ServiceView, pod: Object) -> list[str]:
    """What autoscalers and queues say of the pod; the scheduler's own event says what the condition says."""
    about = [one for one in own_events(view) if text(one, "involvedObject", "uid") == uid_of(pod)]
    return [event_line(one) for one in about if text(one, "reason") in (*_SCALING, _NOT_SCALING)][-2:]
