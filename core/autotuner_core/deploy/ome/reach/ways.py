"""How this machine reaches the engines of a run: decided once, at the first of them, so that all levels go one way."""

from __future__ import annotations

import http.client
import socket
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from autotuner_core.control import Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.http import get_json, interruptible
from autotuner_core.deploy.ome.manifest import Manifest
from autotuner_core.deploy.ome.reach.forward import PodForward
from autotuner_core.deploy.ome.reach.way import Forwarded, Straight, Way
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.run.events import RunNote
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

HEALTH_PATH = "/health"
"""Where no profile describes the engine."""
STRAIGHT_SECONDS, TRY_SECONDS, PAUSE_SECONDS = 5.0, 2.0, 0.2
"""For the first answer of a service at its own address, for each try, and between two: where its name is known here at
all, the node learns a moment after the pod is ready that the service leads there."""
PINGS = 20


class Ways:
    """One per run. Thread-safe."""

    def __init__(self, client: KubeClient, where: RunInCluster, recorder: Recorder, notify: Callable[[], None]) -> None:
        self._client, self._where, self._recorder, self._notify = client, where, recorder, notify
        self._deciding = threading.Lock()
        self._straight: bool | None = None
        self._measured = False

    def to(self, order: DeployOrder, manifest: Manifest, pod: Mapping[str, Any], url: str | None, scope: Scope) -> Way:
        """The way to an engine whose pod is ready; `url` is where OME says that it serves. Raises ExperimentFailure
        (port_forward_lost) and Interrupted."""
        health = manifest.profile.health_path if manifest.profile is not None else HEALTH_PATH
        name = manifest.served_model_name or self._where.task.benchmark.model_name or self._where.task.model.name
        address = _address(url)
        with self._deciding:
            if self._straight is None:
                self._straight = address is not None and _serves(address, name, scope)
                self._tell(url)
        if self._straight and address is not None:
            return Straight(*address, health, name, self._notify)
        name = str(pod["metadata"]["name"])
        forward = PodForward(self._client, self._where, order, name, manifest.port, self._recorder, self._notify)
        return Forwarded(forward, health, name, self._notify)

    def measure(self, way: Way) -> None:
        """What the way adds to a request, told once: round trips of an answer that costs the engine next to nothing.
        Raises JournalWriteError."""
        with self._deciding:
            if self._measured or not self._where.direct or not isinstance(way, Forwarded):
                return
            self._measured = True
        seconds = _round_trips(way.host, way.port)
        if seconds:
            text = (
                f"requests go through a port-forward: an answer of the engine's list of models takes "
                f"{1000 * statistics.median(seconds):.1f} ms through it (median of {len(seconds)}, worst "
                f"{1000 * max(seconds):.1f} ms). About that much of each TTFT is the way, for all experiments alike"
            )
            self._recorder.record(RunNote(text=text, code="forward_latency"))

    def _tell(self, url: str | None) -> None:
        if not self._where.direct:
            return  # only probes and figures go this way
        where = f"to the service at {url}" if self._straight else "through a kubectl port-forward to the engine's pod"
        self._recorder.record(RunNote(text=f"the load goes {where}", code="way"))


def _address(url: str | None) -> tuple[str, int] | None:
    """Host and port of a service's address; None for one that is not plain HTTP."""
    parts = urlsplit(url or "")
    return (parts.hostname, parts.port or 80) if parts.scheme == "http" and parts.hostname else None


def _serves(address: tuple[str, int], name: str, scope: Scope) -> bool:
    """Whether the engine itself answers there: any name may be answered by somebody who takes all of them. Raises
    Interrupted."""
    deadline = time.monotonic() + STRAIGHT_SECONDS
    while interruptible(lambda: socket.getaddrinfo(*address), scope, TRY_SECONDS) and time.monotonic() < deadline:
        if (
            answer := interruptible(lambda: get_json(*address, "/v1/models", TRY_SECONDS), scope, TRY_SECONDS)
        ) is not None:
            listed = answer.get("data") if isinstance(answer, dict) else None
            return isinstance(listed, list) and any(isinstance(one, dict) and one.get("id") == name for one in listed)
        scope.wait(PAUSE_SECONDS)
    return False


def _round_trips(host: str, port: int) -> list[float]:
    """Seconds of each of PINGS requests over one connection, as a load generator keeps it."""
    seconds: list[float] = []
    connection = http.client.HTTPConnection(host, port, timeout=TRY_SECONDS)
    try:
        for _ in range(PINGS):
            asked = time.perf_counter()
            connection.request("GET", "/v1/models")
            connection.getresponse().read()
            seconds.append(time.perf_counter() - asked)
    except (OSError, http.client.HTTPException):
        pass  # what was measured up to here is told; an engine that is gone is told by others
    finally:
        connection.close()
    return seconds[1:]
