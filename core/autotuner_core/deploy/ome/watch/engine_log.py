"""An engine's log, followed into the attempt's folder while it is written."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.deploy.ome.runtime import CONTAINER
from autotuner_core.kube.logs import LogFollower

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient


class EngineLog:
    """`follow` a pod once its engine has started, and whenever it was seen again. Thread-safe."""

    def __init__(self, client: KubeClient, namespace: str, file: Path) -> None:
        self._client, self._namespace, self._file = client, namespace, file
        self._lock = threading.Lock()
        self._followers: dict[str, LogFollower] = {}
        self._closed = False

    def follow(self, pod: str, restarts: int) -> None:
        """Follow the engine of this pod, which has been restarted so often already, through its restarts."""
        with self._lock:
            if self._closed:
                return
            if (known := self._followers.get(pod)) is not None:
                known.saw(restarts)
                return
            follower = LogFollower(self._client, pod, self._namespace, CONTAINER, self._file, restarts=restarts)
            self._followers[pod] = follower
        follower.start()

    def close(self) -> None:
        """Follow no more. What the engine has said up to now is in the file."""
        with self._lock:
            self._closed = True
            followers = list(self._followers.values())
        for follower in followers:
            follower.stop()
