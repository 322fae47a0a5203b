"""What keeps a pod off every node, in words: `needs 4 nvidia.com/gpu, largest node has 2 free`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autotuner_core.deploy.ome.capacity import Room, requests, rooms
from autotuner_core.deploy.ome.fields import Object
from autotuner_core.deploy.ome.quantity import readable
from autotuner_core.deploy.ome.selection import counted, missing_labels, untolerated

MODEL_LABELS = "models.ome.io/"
"""The model agent's labels: on the nodes that have the model's files, with the value Ready."""


@dataclass(frozen=True)
class Shortage:
    """Why no node takes a pod.

    `never` are resources of which no node that the pod may go to could ever hold enough; `lacking` those of which no
    such node has enough free; `labels` and `taints` say what keeps it off nodes by rule, when that leaves none.
    `words` is all of it for a person, one entry for each reason.
    """

    never: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    taints: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def shortage(pod: Object, nodes: Sequence[Object], cluster_pods: Sequence[Object] | None) -> Shortage:
    """Why no node takes the pod now. Empty where some node could: then it waits for something else."""
    asked = {"pods": 1.0, **requests(pod)}
    by_label = {room.name: missing_labels(pod, room.node) for room in rooms(nodes, None)}
    every = rooms(nodes, cluster_pods)
    labelled = [room for room in every if not by_label[room.name]]
    if not labelled:
        lacking = list(dict.fromkeys(label for labels in by_label.values() for label in labels))
        words = f"no node has the label {', '.join(lacking)}" if every else "the cluster has no node"
        return _with_never(asked, every, Shortage(labels=tuple(lacking), words=(words,)))
    allowed = [room for room in labelled if not untolerated(pod, room.node, lasting_only=True)]
    if not allowed:
        taints = [taint for room in labelled for taint in untolerated(pod, room.node, lasting_only=True)]
        words = f"taints that the pod does not tolerate: {counted(taints)}"
        return _with_never(asked, labelled, Shortage(taints=tuple(dict.fromkeys(taints)), words=(words,)))
    able = [room for room in allowed if not room.lacking(asked)]
    if not able:
        return _with_never(asked, allowed, Shortage())
    return _now(pod, asked, able)


def _with_never(asked: Mapping[str, float], among: Sequence[Room], found: Shortage) -> Shortage:
    """With the resources of which none of these nodes could hold enough; where each alone is there, but on no
    node all of them, with those."""
    if not among or not all(room.lacking(asked) for room in among):
        return found
    never = [name for name in asked if all(name in room.lacking(asked) for room in among)]
    words = [_most(name, asked[name], [room.allocatable for room in among], "in all") for name in never]
    if not never:
        never = [name for name in asked if any(name in room.lacking(asked) for room in among)]
        words = [f"no node has {' and '.join(readable(name, asked[name]) for name in never)} together"]
    return Shortage(tuple(never), (), found.labels, found.taints, (*words, *found.words))


def _now(pod: Object, asked: Mapping[str, float], able: Sequence[Room]) -> Shortage:
    """Nodes that could hold it, but do not now."""
    open_now = [room for room in able if not untolerated(pod, room.node)]
    if not open_now:
        taints = [taint for room in able for taint in untolerated(pod, room.node)]
        closed = f"every node that could hold it is closed for now: {counted(taints)}"
        return Shortage(taints=tuple(dict.fromkeys(taints)), words=(closed,))
    free = [room.free for room in open_now if room.free is not None]
    if not free:
        return Shortage()
    short = [{name for name in asked if asked[name] > one.get(name, 0.0)} for one in free]
    if not all(short):
        return Shortage()
    lacking = [name for name in asked if all(name in one for one in short)] or sorted(set().union(*short))
    words = tuple(_most(name, asked[name], free, "free") for name in lacking)
    return Shortage(lacking=tuple(lacking), words=words)


def _most(name: str, asked: float, amounts: Sequence[Mapping[str, float]], how: str) -> str:
    most = max((one.get(name, 0.0) for one in amounts), default=0.0)
    there = readable(name, most).removesuffix(f" {name}")
    return f"needs {readable(name, asked)}, largest node has {there} {how}"
