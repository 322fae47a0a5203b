"""Which nodes a pod may go to: node selector, required affinity, taints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autotuner_core.deploy.ome.fields import Object, items, name_of, part, text

_PASSING_TAINTS = "node.kubernetes.io/"
"""Taints that Kubernetes itself sets and takes away: not ready, cordoned, under pressure, not reachable."""


def missing_labels(pod: Object, node: Object) -> list[str]:
    """Labels of the pod's node selector and required affinity that the node lacks, as `key=value`."""
    labels = part(node, "metadata", "labels")
    selector = part(pod, "spec", "nodeSelector")
    lacking = [f"{key}={value}" for key, value in selector.items() if labels.get(key) != value]
    terms = items(
        pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"
    )
    if terms and not any(_matches(term, labels, node) for term in terms):
        lacking.append(" or ".join(dict.fromkeys(_described(term) for term in terms)))
    return lacking


def _matches(term: Object, labels: Object, node: Object) -> bool:
    fields = {"metadata.name": name_of(node)}
    wanted = [*((one, labels) for one in items(term, "matchExpressions"))]
    wanted += [(one, fields) for one in items(term, "matchFields")]
    return bool(wanted) and all(_holds(expression, values) for expression, values in wanted)


def _holds(expression: Object, values: Object) -> bool:
    key, operator = text(expression, "key"), text(expression, "operator")
    value, listed = values.get(key), [str(one) for one in expression.get("values") or []]
    if operator in ("Gt", "Lt"):
        try:
            there, limit = int(str(value)), int(listed[0])
        except (ValueError, IndexError):
            return False
        return there > limit if operator == "Gt" else there < limit
    answers = {
        "In": value in listed,
        "NotIn": value not in listed,
        "Exists": key in values,
        "DoesNotExist": key not in values,
    }
    return answers.get(operator, True)


def _described(term: Object) -> str:
    parts = []
    for one in [*items(term, "matchExpressions"), *items(term, "matchFields")]:
        listed = ",".join(map(str, one.get("values") or []))
        parts.append(f"{text(one, 'key')} {text(one, 'operator')} {listed}".strip())
    return " and ".join(parts)


def untolerated(pod: Object, node: Object, *, lasting_only: bool = False) -> list[str]:
    """Taints of the node that keep the pod away, as `key=value:effect`. With `lasting_only` without those that pass by
    themselves."""
    tolerations = items(pod, "spec", "tolerations")
    keeping = [
        taint
        for taint in items(node, "spec", "taints")
        if text(taint, "effect") in ("NoSchedule", "NoExecute")
        and not any(_tolerates(one, taint) for one in tolerations)
    ]
    if not lasting_only and part(node, "spec").get("unschedulable") and not keeping:
        keeping = [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]
    return [_taint(taint) for taint in keeping if not (lasting_only and text(taint, "key").startswith(_PASSING_TAINTS))]


def _tolerates(toleration: Object, taint: Mapping[str, Any]) -> bool:
    effect, key = text(toleration, "effect"), text(toleration, "key")
    if effect and effect != text(taint, "effect"):
        return False
    if key and key != text(taint, "key"):
        return False
    if text(toleration, "operator") == "Exists":
        return True
    return bool(key) and text(toleration, "value") == text(taint, "value")


def _taint(taint: Object) -> str:
    value = text(taint, "value")
    return f"{text(taint, 'key')}{f'={value}' if value else ''}:{text(taint, 'effect')}"


def counted(words: Iterable[str]) -> str:
    """Words with how often each came, the most frequent first: `2 nodes: a; 1 node: b`."""
    times: dict[str, int] = {}
    for word in words:
        times[word] = times.get(word, 0) + 1
    ranked = sorted(times.items(), key=lambda one: -one[1])
    return "; ".join(f"{count} node{'s' if count > 1 else ''}: {word}" for word, count in ranked)
