"""Events about what is watched: processes, pods, and what Kubernetes says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from autotuner_core.run.events.base import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkloadObserved(Event):
    """A process or pod was seen in a phase that differs from the last one seen. `ready`: whether a pod serves, as its
    own probes say; None where that is not told."""

    type: ClassVar[str] = "WorkloadObserved"
    experiment: int
    attempt: int
    kind: str
    name: str
    phase: str
    restarts: int = 0
    node: str = ""
    reason: str = ""
    pid: int | None = None
    ready: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HardwareSeen(Event):
    """What the attempt's server runs on: the node with its pool, its GPU product and driver as the node's labels tell
    them, and the image by its digest. What is not told is empty."""

    type: ClassVar[str] = "HardwareSeen"
    experiment: int
    attempt: int
    node: str = ""
    pool: str = ""
    gpu_product: str = ""
    driver: str = ""
    image: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterEventSeen(Event):
    """A Kubernetes Event about one of the attempt's objects."""

    type: ClassVar[str] = "ClusterEventSeen"
    experiment: int
    attempt: int
    kind: str
    name: str
    reason: str
    message: str
    severity: str = "Normal"
    count: int = 1
