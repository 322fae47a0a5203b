"""The kubernetes section, and the load generator's pod: names, labels, images and quantities as an API server would
take them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from autotuner_core.task.checks.names import named
from autotuner_core.task.model import Kubernetes, Task
from autotuner_core.task.names import (
    MANAGER_LABEL,
    OUR_PREFIX,
    environment_fault,
    image_fault,
    label_key_fault,
    label_value_fault,
    quantity_fault,
    subdomain_fault,
)
from autotuner_core.task.nearest import one_of
from autotuner_core.task.place import Place, quoted
from autotuner_core.task.problem import Problem

_TOLERATION = ("key", "operator", "value", "effect", "tolerationSeconds")
_RESOURCES = ("requests", "limits")


def check(task: Task) -> Iterator[Problem]:
    """Everything in the section that the cluster would refuse, or drop in silence."""
    part = task.kubernetes
    yield from _labels(part)
    yield from _references(part, {*task.parameters, *task.fixed})
    for index, toleration in enumerate(part.tolerations):
        for key in toleration:
            if key not in _TOLERATION:
                place: Place = ("kubernetes", "tolerations", index, key)
                yield Problem(place, "unknown key", one_of(key, _TOLERATION), code="unknown_key", at_key=True)
    yield from _quantities(part)
    yield from _resources(task.benchmark.resources, ("benchmark", "resources"))
    if task.benchmark.image is not None:
        yield from _fault(("benchmark", "image"), task.benchmark.image, image_fault)


def _labels(part: Kubernetes) -> Iterator[Problem]:
    for section, labels in (("labels", part.labels), ("node_selector", part.node_selector)):
        for key, value in labels.items():
            yield from _fault(("kubernetes", section, key), key, label_key_fault, at_key=True)
            yield from _fault(("kubernetes", section, key), value, label_value_fault)
    for key in part.annotations:
        yield from _fault(("kubernetes", "annotations", key), key, label_key_fault, at_key=True)
    for section, keys in (("labels", part.labels), ("annotations", part.annotations)):
        for key in keys:
            if key.startswith((OUR_PREFIX, "ome.io/")) or key == MANAGER_LABEL:
                message = f"{quoted(key)} is set by the tuner, or by OME"
                yield Problem(("kubernetes", section, key), message, "leave it out", code="owned", at_key=True)


def _references(part: Kubernetes, named_settings: Set[str]) -> Iterator[Problem]:
    for key, name in (("priority_class", part.priority_class), ("service_account", part.service_account)):
        if name is not None:
            yield from named(name, ("kubernetes", key), subdomain_fault, dots=True)
    for index, name in enumerate(part.image_pull_secrets):
        yield from named(name, ("kubernetes", "image_pull_secrets", index), subdomain_fault, dots=True)
    if part.image is not None:
        yield from _fault(("kubernetes", "image"), part.image, image_fault)
    yield from named(part.pvc.name, ("kubernetes", "pvc", "name"), subdomain_fault, dots=True)
    if part.pvc.storage_class:
        yield from named(part.pvc.storage_class, ("kubernetes", "pvc", "storage_class"), subdomain_fault, dots=True)
    for variable, reference in part.env_from_secrets.items():
        place: Place = ("kubernetes", "env_from_secrets", variable)
        if f"env.{variable}" in named_settings:
            message = f"env.{variable} is a parameter too: one of the two would be lost"
            yield Problem(place, message, "keep one of them", code="overlap", at_key=True)
        yield from _fault(place, variable, environment_fault, at_key=True)
        secret, slash, key = reference.partition("/")
        if not slash or not key or subdomain_fault(secret):
            message = f"{_hidden(reference)} names no key of a secret"
            yield Problem(place, message, "write secret/key, for example hf/token", code="secret")


def _hidden(reference: str) -> str:
    # Someone may have put the secret itself here: it must not be repeated.
    return quoted(reference) if "/" in reference and len(reference) < 40 else "this"


def _quantities(part: Kubernetes) -> Iterator[Problem]:
    if part.shm_size is not None:
        yield from _fault(("kubernetes", "shm_size"), part.shm_size, quantity_fault)
    yield from _fault(("kubernetes", "pvc", "size"), part.pvc.size, quantity_fault)
    yield from _fault(("kubernetes", "gpu_resource"), part.gpu_resource, label_key_fault)
    yield from _resources(part.resources, ("kubernetes", "resources"), part.gpu_resource)


def _resources(resources: Mapping[str, Any], section: Place, counted: str = "") -> Iterator[Problem]:
    """Requests and limits; `counted` is what the tuner itself puts in."""
    for kind, amounts in resources.items():
        place: Place = (*section, kind)
        if kind not in _RESOURCES:
            yield Problem(place, "unknown key", one_of(kind, _RESOURCES), code="unknown_key", at_key=True)
        elif not isinstance(amounts, dict):
            yield Problem(place, "an object belongs here", 'for example {"cpu": "8", "memory": "64Gi"}')
        else:
            yield from _amounts(amounts, place, counted)


def _amounts(amounts: Mapping[str, Any], place: Place, counted: str) -> Iterator[Problem]:
    for name, amount in amounts.items():
        if name == counted:
            message = "GPUs are counted from the configuration by the tuner"
            yield Problem((*place, name), message, "leave it out", at_key=True)
        elif isinstance(amount, bool) or not isinstance(amount, (str, int, float)):
            yield Problem((*place, name), "a quantity belongs here", 'for example "8" or "64Gi"')
        else:
            yield from _fault((*place, name), str(amount), quantity_fault)


def _fault(place: Place, name: str, fault: Callable[[str], str], *, at_key: bool = False) -> Iterator[Problem]:
    wrong = fault(name)
    if wrong:
        yield Problem(place, f"{quoted(name)} {wrong}", code="name", at_key=at_key)
