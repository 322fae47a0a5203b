"""Whether the namespace's LimitRanges take the pods and the claim that a run makes, as the API server would judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autotuner_core.deploy.ome.fields import Object, items, name_of, part, text
from autotuner_core.deploy.ome.preflight.load import load_pod
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.deploy.ome.preflight.room import engine_pod
from autotuner_core.deploy.ome.quantity import quantity, readable
from autotuner_core.findings import Severity
from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem

_ENGINE: Place = ("kubernetes", "resources")
_LOAD: Place = ("benchmark", "resources")
_SIZE: Place = ("kubernetes", "pvc", "size")


def limit_ranges(look: Look) -> Iterator[Problem]:
    """What is above a maximum or below a minimum; one finding for each range and each thing that it refuses."""
    for ranged in look.limit_ranges if look.by_gpus else ():
        yield from _engines(look, ranged)
        if not look.direct:
            why = _refusal(ranged, load_pod(look))
            if why:
                yield _told(look, ranged, _LOAD, "the load generator's pod", why, Severity.ERROR)
            yield from _claim(look, ranged)


def _engines(look: Look, ranged: Object) -> Iterator[Problem]:
    """The largest configuration that is refused; an error where the smallest is too."""
    pods = [(gpus, engine_pod(look, look.manifest(found[0]))) for gpus, found in look.by_gpus.items()]
    refused = [(gpus, why) for gpus, pod in pods if (why := _refusal(ranged, pod))]
    if refused:
        gpus, why = refused[0]
        severity = Severity.ERROR if len(refused) == len(pods) else Severity.WARNING
        yield _told(look, ranged, _ENGINE, f"an engine of {gpus:g} GPUs", why, severity)


def _told(look: Look, ranged: Object, place: Place, what: str, why: str, severity: Severity) -> Problem:
    message = f"the limit range {name_of(ranged)} refuses {what}: {why}"
    cure = f"Set {'.'.join(map(str, place))}, or have it changed: kubectl describe limitrange {name_of(ranged)}"
    return Problem(place, message, f"{cure} -n {look.namespace}", severity, "limit_range")


def _refusal(ranged: Object, pod: Mapping[str, Any]) -> str:
    """Why a pod is refused, in words; empty where it is not."""
    containers = [_said(ranged, one) for one in items(pod, "spec", "containers")]
    for rule in items(ranged, "spec", "limits"):
        if text(rule, "type") == "Container":
            found = [why for asked in containers if (why := _against(rule, asked, "a container"))]
        elif text(rule, "type") == "Pod":
            found = [_against(rule, _together(containers), "a pod")]
        else:
            found = []
        if any(found):
            return next(why for why in found if why)
    return ""


def _said(ranged: Object, container: Object) -> dict[str, dict[str, float]]:
    """Requests and limits of a container once this range has put in what is not said: a maximum is a default too."""
    rule = next((one for one in items(ranged, "spec", "limits") if text(one, "type") == "Container"), {})
    limits = {**part(rule, "max"), **part(rule, "default"), **part(container, "resources", "limits")}
    asked = part(container, "resources", "requests")
    own = part(container, "resources", "limits")
    requests = {**part(rule, "min"), **limits, **part(rule, "defaultRequest"), **own, **asked}
    return {"limits": _numbers(limits), "requests": _numbers(requests)}


def _together(containers: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    total: dict[str, dict[str, float]] = {"limits": {}, "requests": {}}
    for asked in containers:
        for kind, amounts in asked.items():
            for name, amount in amounts.items():
                total[kind][name] = total[kind].get(name, 0.0) + amount
    return total


def _against(rule: Object, asked: Mapping[str, Mapping[str, float]], what: str) -> str:
    for name, most in _numbers(part(rule, "max")).items():
        amount = max(asked["limits"].get(name, 0.0), asked["requests"].get(name, 0.0))
        if amount > most:
            return f"it asks for {readable(name, amount)}, and {what} may have {readable(name, most)}"
    for name, least in _numbers(part(rule, "min")).items():
        amount = asked["requests"].get(name, 0.0)
        if amount < least:
            return f"it asks for {readable(name, amount)}, and {what} must ask for {readable(name, least)}"
    return ""


def _claim(look: Look, ranged: Object) -> Iterator[Problem]:
    wish = look.task.kubernetes.pvc
    size = quantity(wish.size) or 0.0
    for rule in items(ranged, "spec", "limits"):
        if text(rule, "type") != "PersistentVolumeClaim" or look.claim is not None:
            continue
        most, least = quantity(part(rule, "max").get("storage", "")), quantity(part(rule, "min").get("storage", ""))
        if (most is not None and size > most) or (least is not None and size < least):
            allowed = " to ".join(str(part(rule, key)["storage"]) for key in ("min", "max") if part(rule, key))
            yield _told(look, ranged, _SIZE, f"the claim {wish.name}", f"{wish.size}, not {allowed}", Severity.ERROR)


def _numbers(amounts: Mapping[str, object]) -> dict[str, float]:
    return {name: number for name, amount in amounts.items() if (number := quantity(amount)) is not None}
