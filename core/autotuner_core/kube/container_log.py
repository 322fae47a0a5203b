"""The log of one container, asked for in pieces and written into a file: through its restarts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import POD
from autotuner_core.kube.log_position import MARK, Position, Written

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient
    from autotuner_core.kube.lines import LineStream

log = logging.getLogger(__name__)

SILENCE_SECONDS = 60.0
"""After so long a silence the log is asked for anew: what lies between may answer for a connection that is dead behind
it. An engine that says nothing costs a request a minute."""

Pod = Mapping[str, Any]


class ContainerLog:
    """What `container` of a pod says, at the end of `file`. `restarts` is how often it had been started again when it
    wrote the last line there. All methods raise KubeError, and OSError where the file cannot be written. For one
    thread."""

    def __init__(self, client: KubeClient, pod: str, namespace: str, container: str, file: Path) -> None:
        self._client, self._file = client, file
        self._pod, self._namespace, self._container = pod, namespace, container
        self._position, self._written = Position(), Written(file)
        self.restarts = self._written.restarts

    def look(self) -> Pod | None:
        """The pod as it is now; None once it is gone."""
        return self._client.get(POD, self._pod, self._namespace)

    def runs(self, pod: Pod) -> bool:
        """Whether the container runs."""
        return "running" in self._state(pod)

    def follow(self) -> LineStream:
        """The log from the position on, to be given to `write`."""
        stream = self._client.follow_log(
            self._pod, self._namespace, self._container, since=self._position.since, read_seconds=SILENCE_SECONDS
        )
        self._position.ask_again()
        return stream

    def ask(self, previous: bool = False) -> list[bytes]:
        """What there is from the position on, now; `previous`: of the container before the last restart."""
        since = self._position.since
        try:
            lines = self._client.pod_log(
                self._pod, self._namespace, self._container, previous=previous, since=since, timestamps=True
            )
        except KubeError as error:
            if error.status != 400:
                raise
            log.debug("that part of the log of %s is not kept: %s", self._pod, error)
            return []
        self._position.ask_again()
        return [line.encode("utf-8", "surrogateescape") for line in lines]

    def write(self, lines: Iterable[bytes]) -> bool:
        """Write what is new; whether anything was."""
        written = False
        with self._file.open("ab", buffering=0) as file:
            for line in lines:
                if (text := self._position.take(line)) is not None and not self._written.has(text):
                    file.write(text + b"\n")
                    written = True
        return written

    def take_restart(self, pod: Pod) -> bool:
        """Where the container was started again: the rest of the one before, then a mark. Whether it was."""
        count = int(self._status(pod).get("restartCount") or 0)
        if count <= self.restarts:
            return False
        if "waiting" not in self._state(pod):  # else the last one is not the previous one, but the current one yet
            before = self.ask(previous=True)
            if count > self.restarts + 1:
                self._mark(count - 1)
            self.write(before)
        self._mark(count)
        self.restarts = count
        return True

    def _mark(self, count: int) -> None:
        self._written = Written()
        with self._file.open("ab") as file:
            file.write(MARK % count)

    def _status(self, pod: Pod) -> Mapping[str, Any]:
        statuses = (pod.get("status") or {}).get("containerStatuses") or ()
        return next((dict(one) for one in statuses if one.get("name") == self._container), {})

    def _state(self, pod: Pod) -> Mapping[str, Any]:
        return self._status(pod).get("state") or {}
