"""What a pod asks for, and what the nodes have: all of it (allocatable) and what no pod holds (free)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autotuner_core.deploy.ome.fields import Object, items, name_of, part, text
from autotuner_core.deploy.ome.quantity import quantity

_ENDED = ("Succeeded", "Failed")


def requests(pod: Object) -> dict[str, float]:
    """What the scheduler counts for a pod: its containers together, or an init container that asks for more; what runs
    beside them all along (a restartable init container) counts too."""
    together: dict[str, float] = {}
    beside: dict[str, float] = {}
    at_start: dict[str, float] = {}
    for container in items(pod, "spec", "initContainers"):
        asked = _asked(container)
        if text(container, "restartPolicy") == "Always":
            _add(beside, asked)
            asked = {}
        for name in {*asked, *beside}:
            at_start[name] = max(at_start.get(name, 0.0), asked.get(name, 0.0) + beside.get(name, 0.0))
    for container in items(pod, "spec", "containers"):
        _add(together, _asked(container))
    _add(together, beside)
    total = {name: max(together.get(name, 0.0), at_start.get(name, 0.0)) for name in {*together, *at_start}}
    _add(total, _numbers(part(pod, "spec", "overhead")))
    return {name: amount for name, amount in total.items() if amount > 0}


def _asked(container: Object) -> dict[str, float]:
    """Requests, where only a limit is given that."""
    return _numbers({**part(container, "resources", "limits"), **part(container, "resources", "requests")})


def _numbers(amounts: Mapping[str, object]) -> dict[str, float]:
    return {name: number for name, amount in amounts.items() if (number := quantity(amount)) is not None}


def _add(total: dict[str, float], more: Mapping[str, float]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0.0) + amount


@dataclass(frozen=True)
class Room:
    """One node: what it could hold at most, and what is free now (None: the pods on it are not known)."""

    node: Object
    allocatable: Mapping[str, float]
    free: Mapping[str, float] | None

    @property
    def name(self) -> str:
        return name_of(self.node)

    def lacking(self, asked: Mapping[str, float]) -> list[str]:
        """Resources of which it could never hold so much."""
        default = {"pods": float("inf")}
        return [name for name, amount in asked.items() if amount > self.allocatable.get(name, default.get(name, 0.0))]


def rooms(nodes: Iterable[Object], pods: Sequence[Object] | None) -> list[Room]:
    """All nodes, with what the pods (of all namespaces) leave free on them."""
    used: dict[str, dict[str, float]] = {}
    for pod in pods or ():
        where = text(pod, "spec", "nodeName")
        if where and text(pod, "status", "phase") not in _ENDED:
            _add(used.setdefault(where, {}), requests(pod))
    result = []
    for node in nodes:
        whole = _numbers(part(node, "status", "allocatable"))
        held = used.get(name_of(node), {})
        free = None if pods is None else {name: amount - held.get(name, 0.0) for name, amount in whole.items()}
        result.append(Room(node, whole, free))
    return result
