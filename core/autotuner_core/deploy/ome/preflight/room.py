"""Whether the nodes can hold the engines of the plan, and how much of that is free now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autotuner_core.deploy.ome.capacity import requests, rooms
from autotuner_core.deploy.ome.fields import Object, items, part, text
from autotuner_core.deploy.ome.manifest import Manifest
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.deploy.ome.runtime import CONTAINER
from autotuner_core.deploy.ome.shortage import MODEL_LABELS, Shortage, shortage
from autotuner_core.findings import Severity
from autotuner_core.plan.plan import PlannedExperiment
from autotuner_core.task.problem import Problem, warning

_SHOWN = 8


def engine_pod(look: Look, manifest: Manifest) -> dict[str, Any]:
    """The pod that OME will make of a service, as far as the scheduler is concerned."""
    engine = part(manifest.body, "spec", "engine")
    base = part(look.runtime, "spec", "engineConfig") or part(look.runtime, "spec")
    resources = {
        kind: {**part(_runner(base), "resources", kind), **part(_runner(engine), "resources", kind)}
        for kind in ("requests", "limits")
    }
    spec: dict[str, Any] = {
        "nodeSelector": {
            **part(base, "nodeSelector"), **part(engine, "nodeSelector"), **model_label(look),
        },
        "tolerations": engine.get("tolerations") or base.get("tolerations") or [],
        "affinity": engine.get("affinity") or base.get("affinity") or {},
        "containers": [{"name": CONTAINER, "resources": resources}],
    }  # fmt: skip
    return {"metadata": {"name": manifest.name}, "spec": spec}


def _runner(body: Object) -> Object:
    if runner := part(body, "runner"):
        return runner
    listed = items(body, "containers")
    return next((one for one in listed if one.get("name") == CONTAINER), next(iter(listed), {}))


def model_label(look: Look) -> dict[str, str]:
    """The label that a node of the engines must have: OME sends them to where the model's files are; a model on a claim
    is on none in particular."""
    model = look.model
    if text(model, "kind") != "ClusterBaseModel" or text(model, "spec", "storage", "storageUri").startswith("pvc:"):
        return {}
    return {f"{MODEL_LABELS}clusterbasemodel.{text(model, 'metadata', 'name')}": "Ready"}


def room(look: Look) -> Iterator[Problem]:
    """Whether a node has room for the engines, for ever and now; the largest are told first."""
    never: list[tuple[float, list[PlannedExperiment], Shortage]] = []
    by_rule: Shortage | None = None
    now = ""
    for gpus, experiments in look.by_gpus.items():
        found = shortage(engine_pod(look, look.manifest(experiments[0])), look.nodes, look.pods)
        if found.never:
            never.append((gpus, experiments, found))
        elif found.lacking:
            now = now or f"{_named(experiments)}: {'; '.join(found.words)}"
        elif found.words:
            by_rule = by_rule or found
    nothing_fits = len(never) == len(look.by_gpus) and not look.adds_nodes
    for gpus, experiments, found in never:
        yield _never(look, gpus, experiments, found, Severity.ERROR if nothing_fits else Severity.WARNING)
    if by_rule is not None:
        yield _by_rule(look, by_rule)
    if now:
        cure = "kubectl describe nodes shows who holds it; an experiment waits for a moment only."
        yield warning((), f"there is no room now for {now}", cure, "no_room_now")
    yield from _side_by_side(look)


def _named(experiments: Sequence[PlannedExperiment]) -> str:
    numbers = ", ".join(str(experiment.id) for experiment in experiments[:_SHOWN])
    more = f" and {len(experiments) - _SHOWN} more" if len(experiments) > _SHOWN else ""
    return f"experiment{'s' if len(experiments) > 1 else ''} {numbers}{more}"


def _never(
    look: Look, gpus: float, experiments: Sequence[PlannedExperiment], found: Shortage, severity: Severity
) -> Problem:
    grown = ", unless a node is added" if look.adds_nodes else ""
    return Problem(
        ("parameters",),
        f"no node can hold {_named(experiments)} ({gpus:g} GPUs): {'; '.join(found.words)}{grown}",
        "Leave them out with a constraint, or add a larger node; kubectl describe nodes shows what there is.",
        severity,
        "does_not_fit",
    )


def _by_rule(look: Look, found: Shortage) -> Problem:
    words, severity = "; ".join(found.words), Severity.ERROR
    if any(label.startswith(MODEL_LABELS) for label in found.labels):
        cure = "OME's model agent sets it: kubectl logs -n ome daemonset/ome-model-agent-daemonset"
        return Problem(("model", "name"), f"no node has the model's files: {words}", cure, code="model_on_no_node")
    if look.adds_nodes:
        words, severity = f"{words}, unless a node is added", Severity.WARNING
    if not found.taints and not found.labels:
        return Problem((), words, "kubectl get nodes; add one with GPUs.", severity, "no_node")
    if found.labels:
        cure = "kubectl get nodes --show-labels; correct kubernetes.node_selector, or label a node."
        words = f"no node may take an engine: {words}"
        return Problem(("kubernetes", "node_selector"), words, cure, severity, "no_node")
    cure = "kubectl get nodes shows them; add what is missing to kubernetes.tolerations, or uncordon a node."
    return Problem(("kubernetes", "tolerations"), f"no node takes an engine: {words}", cure, severity, "no_node")


def _side_by_side(look: Look) -> Iterator[Problem]:
    """Whether `max_parallel` engines of the largest kind that fits find room side by side, counting what is free."""
    wanted = look.task.optimization.max_parallel
    if wanted < 2 or look.pods is None:
        return
    for experiments in look.by_gpus.values():
        pod = engine_pod(look, look.manifest(experiments[0]))
        found = shortage(pod, look.nodes, look.pods)
        if found.words:
            continue
        count = _fits(requests(pod), [dict(one.free) for one in rooms(look.nodes, look.pods) if one.free], wanted)
        if count < wanted:
            yield warning(
                ("optimization", "max_parallel"),
                f"{wanted} engines at once are asked for, and {count} of {_named(experiments)} fit beside each other "
                "now: the others wait, or fail as unschedulable",
                f"Lower max_parallel to {max(count, 1)}, or free nodes.",
                "no_room_at_once",
            )
        return


def _fits(asked: Mapping[str, float], free: list[dict[str, float]], most: int) -> int:
    count = 0
    for node in free:
        while count < most and all(node.get(name, 0.0) >= amount for name, amount in asked.items()):
            count += 1
            for name, amount in asked.items():
                node[name] -= amount
    return count
