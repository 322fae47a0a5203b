"""What the namespace's quotas leave to an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autotuner_core.deploy.ome.capacity import requests
from autotuner_core.deploy.ome.fields import Object, items, name_of, part
from autotuner_core.deploy.ome.preflight.load import load_pod
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.deploy.ome.preflight.room import engine_pod
from autotuner_core.deploy.ome.quantity import quantity, readable
from autotuner_core.findings import Severity
from autotuner_core.kube import kinds
from autotuner_core.task.problem import Problem, warning


def quotas(look: Look) -> Iterator[Problem]:
    """Whether a ResourceQuota refuses the largest configuration, or every pod that does not say enough."""
    listed = look.client.list(kinds.RESOURCE_QUOTA, look.namespace)[0]
    if not listed or not look.by_gpus:
        return
    defaults = [
        one
        for ranged in look.limit_ranges
        for one in items(ranged, "spec", "limits")
        if one.get("default") or one.get("defaultRequest")
    ]
    for quota in listed:
        if part(quota, "spec").get("scopes") or part(quota, "spec", "scopeSelector"):
            continue  # of some pods only
        found = _refusing(look, quota) or ([] if defaults else _unsaid(look, quota))
        yield from found[:1]


def _asked(look: Look, gpus: float) -> Mapping[str, float]:
    """What a quota counts of an experiment: its engine, and what loads it where that is in the cluster too."""
    engine = engine_pod(look, look.manifest(look.by_gpus[gpus][0]))
    pods = [engine] if look.direct else [engine, load_pod(look)]
    total: dict[str, float] = {"pods": float(len(pods))}
    for pod in pods:
        for name, amount in _of_pod(pod):
            total[name] = total.get(name, 0.0) + amount
    return total


def _of_pod(pod: Object) -> Iterator[tuple[str, float]]:
    for name, amount in requests(pod).items():
        yield from ((name, amount), (f"requests.{name}", amount))
    for name, value in part(items(pod, "spec", "containers")[0], "resources", "limits").items():
        if (limit := quantity(value)) is not None:
            yield f"limits.{name}", limit


def _refusing(look: Look, quota: Object) -> list[Problem]:
    hard, used = part(quota, "status", "hard"), part(quota, "status", "used")
    cure = f"kubectl describe resourcequota {name_of(quota)} -n {look.namespace}"
    smallest, beside = min(look.by_gpus), "" if look.direct else " with its load generator"
    for gpus in look.by_gpus:
        for name, amount in _asked(look, gpus).items():
            most = quantity(hard.get(name, ""))
            if most is None:
                continue
            left = most - (quantity(used.get(name, "0")) or 0.0)
            what = f"an engine of {gpus:g} GPUs{beside} asks for {readable(name, amount)}"
            if amount > most:
                message = f"the quota {name_of(quota)} refuses {what}: it allows {readable(name, most)}"
                severity = Severity.ERROR if gpus == smallest else Severity.WARNING
                return [Problem((), message, f"Have it raised, or leave them out: {cure}", severity, "quota")]
            if amount > left:
                message = f"the quota {name_of(quota)} has {readable(name, left)} left now, and {what}"
                return [warning((), message, f"Free what others hold: {cure}", "quota")]
    return []


def _unsaid(look: Look, quota: Object) -> list[Problem]:
    """A quota on CPU or memory refuses every pod that does not say how much of it."""
    asked = dict(_of_pod(engine_pod(look, look.manifest(look.by_gpus[max(look.by_gpus)][0]))))
    unsaid = [
        name
        for name in part(quota, "status", "hard")
        if name.removeprefix("requests.").removeprefix("limits.") in ("cpu", "memory") and name not in asked
    ]
    if not unsaid:
        return []
    message = f"the quota {name_of(quota)} wants every pod to say {', '.join(unsaid)}, which the runtime does not"
    return [Problem(("kubernetes", "resources"), message, "Set it under kubernetes.resources.", code="quota")]
