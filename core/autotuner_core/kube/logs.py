"""A container's log, followed into a file while it is written: through restarts and broken connections, without gaps
and without lines that come twice."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import POD

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient
    from autotuner_core.kube.lines import LineStream

log = logging.getLogger(__name__)

SILENCE_SECONDS = 3600.0  # engines are silent for long; a dead connection is found by its keep-alive
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
STOP_SECONDS = 5.0
SETTLED_SECONDS = 2.0
"""After this time the end of a container has been told, as a rule within one second of it."""

_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z (.*)", re.DOTALL)

Moment = tuple[bytes, int]
"""A line's time: to the second as text, and the nanoseconds."""


class Position:
    """How far a log has been read: the time of the last line, and how many lines of that very time there were."""

    def __init__(self) -> None:
        self._last: Moment = (b"", 0)
        self._count = 0
        self._repeated = 0

    @property
    def since(self) -> str | None:
        """From when on to ask: the API takes whole seconds."""
        return f"{self._last[0].decode()}Z" if self._last[0] else None

    def ask_again(self) -> None:
        """What follows is asked from `since` on: lines up to the position come once more."""
        self._repeated = self._count

    def take(self, line: bytes) -> bytes | None:
        """The line as the engine wrote it, or None for one that was there before, or is none of the engine's."""
        found = _TIME.fullmatch(line)
        if found is None:  # a message of the kubelet in place of the log
            return None
        moment = (found[1], int((found[2] or b"0").ljust(9, b"0")[:9]))
        if moment < self._last:
            return None
        if moment == self._last:
            if self._repeated > 0:
                self._repeated -= 1
                return None
            self._count += 1
        else:
            self._last, self._count, self._repeated = moment, 1, 0
        return found[3]


class LogFollower:
    """Follows `container` of one pod into `file`, at its end. `start` once, `stop` once."""

    def __init__(self, client: KubeClient, pod: str, namespace: str, container: str, file: Path) -> None:
        self._client = client.patient(seconds=0)
        self._pod, self._namespace, self._container, self._file = pod, namespace, container, file
        self._position = Position()
        self._restarts = 0
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._stream: LineStream | None = None
        self._thread = threading.Thread(target=self._run, name=f"log-{pod}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Follow no more. What the engine has said up to now is in the file then, where the pod is still there."""
        self._stopped.set()
        with self._lock:
            stream = self._stream
        if stream is not None:
            stream.close()
        self._thread.join(STOP_SECONDS)
        try:
            self._catch_up()
        except KubeError as error:
            log.debug("the end of the log of %s is not there any more: %s", self._pod, error)

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped.is_set():
            try:
                if self._follow():
                    pause = FIRST_PAUSE
                if not self._goes_on():
                    return
            except KubeError as error:
                if error.status == 404:
                    return
                log.debug("the log of %s is followed again: %s", self._pod, error)
            self._stopped.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _follow(self) -> bool:
        """Read until the stream ends; whether anything new came."""
        stream = self._client.follow_log(
            self._pod, self._namespace, self._container, since=self._position.since, read_seconds=SILENCE_SECONDS
        )
        with self._lock:
            self._stream = stream
        if self._stopped.is_set():
            stream.close()
        self._position.ask_again()
        return self._write(stream)

    def _goes_on(self) -> bool:
        """After a stream's end: whether more is to come. It is waited for what ended it: a container that has ended is
        told as such a moment later, and what the next one writes must not come before the rest of this one's."""
        pause, waited = FIRST_PAUSE, 0.0
        while not self._stopped.is_set():
            status = self._container_status()
            if status is None:
                return False
            if int(status.get("restartCount") or 0) > self._restarts:
                self._restarted(int(status["restartCount"]))
                return True
            if "running" in (status.get("state") or {}) and waited >= SETTLED_SECONDS:
                return True  # the connection broke, not the container
            self._stopped.wait(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_PAUSE)
        return False

    def _restarted(self, count: int) -> None:
        self._restarts = count
        self._catch_up(previous=True)
        with self._file.open("ab") as file:
            file.write(b"--- the container was started again (restart %d) ---\n" % count)

    def _catch_up(self, previous: bool = False) -> None:
        """What was written since the position. Raises KubeError."""
        self._position.ask_again()
        lines = self._client.pod_log(
            self._pod, self._namespace, self._container, previous=previous, since=self._position.since, timestamps=True
        )
        self._write(line.encode("utf-8", "surrogateescape") for line in lines)

    def _write(self, lines: Iterable[bytes]) -> bool:
        written = False
        with self._file.open("ab", buffering=0) as file:
            for line in lines:
                if (text := self._position.take(line)) is not None:
                    file.write(text + b"\n")
                    written = True
        return written

    def _container_status(self) -> dict[str, Any] | None:
        """None once the pod is gone, or has ended for good."""
        pod = self._client.get(POD, self._pod, self._namespace)
        status = (pod or {}).get("status") or {}
        if pod is None or status.get("phase") in ("Succeeded", "Failed"):
            return None
        statuses = status.get("containerStatuses") or ()
        return next((dict(one) for one in statuses if one.get("name") == self._container), {})
