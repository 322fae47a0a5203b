"""Which CPU cores load generators run on: those that no engine has, where that can be."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

_ON_GPUS = ("sglang", "vllm")


@dataclass(frozen=True)
class CoresForLoad:
    """`usable` is how many cores load generators may use; `own` are those they are kept to (None: wherever they
    like); `shared` says in words why they and an engine on the CPU disturb one another, empty where they do not."""

    usable: int
    own: tuple[int, ...] | None = None
    shared: str = ""


def cores_for_load(task: Task) -> CoresForLoad:
    """By the cores that the task gives to engines (`local.cores`), and those that this process may use."""
    there = _usable()
    local = task.local
    if task.backend != "local" or local is None:
        return CoresForLoad(len(there))
    engines = {core for cores in local.cores or () for core in cores}
    left = tuple(sorted(there - engines))
    if engines and left and hasattr(os, "sched_setaffinity"):
        return CoresForLoad(len(left), own=left)
    on_cpu = not local.gpus and local.engine not in _ON_GPUS
    return CoresForLoad(len(there), shared=_words(bool(engines), len(there)) if on_cpu else "")


def _words(given: bool, there: int) -> str:
    text = "the load generator and the engine share the CPU cores, and take time from each other"
    if given:
        return f"{text}: local.cores leaves none over"
    if there > 2:
        return f"{text}: local.cores keeps the engine to its own, and the load generator to the rest"
    return f"{text}: this machine has {there}"


def _usable() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))
