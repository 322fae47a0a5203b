"""A container's log, followed into a file while it is written: through restarts and broken connections, without gaps
and without lines that come twice."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.kube.container_log import ContainerLog
from autotuner_core.kube.errors import KubeError

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient
    from autotuner_core.kube.lines import LineStream

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
STOP_SECONDS = 5.0
SETTLED_SECONDS = 2.0
"""After this time the end of a container has been told, as a rule within one second of it."""


class LogFollower:
    """Follows `container` of one pod into `file`, at its end, where one that followed it before may have written.
    `restarts`: how often it had been started again when it was seen. `start` once, `stop` once. `refused` is set while
    it may not be read."""

    def __init__(
        self, client: KubeClient, pod: str, namespace: str, container: str, file: Path, *, restarts: int = 0
    ) -> None:
        self._log = ContainerLog(client.patient(seconds=0), pod, namespace, container, file)
        self._pod, self._seen = pod, restarts
        self.refused: KubeError | None = None
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._stream: LineStream | None = None
        self._thread = threading.Thread(target=self._run, name=f"log-{pod}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def saw(self, restarts: int) -> None:
        """The container has been started again so often by now. A stream that broke may not have told."""
        self._seen = restarts

    def stop(self) -> None:
        """Follow no more. What the engine has said up to now is in the file then, where the pod is still there."""
        self._stopped.set()
        with self._lock:
            stream = self._stream
        if stream is not None:
            stream.close()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            return  # it hangs in a call, and is not to be written over
        try:
            if (pod := self._log.look()) is not None:
                self._log.take_restart(pod)
                self._log.write(self._log.ask())
        except (KubeError, OSError) as error:
            log.debug("the end of the log of %s is lost: %s", self._pod, error)

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped.is_set():
            try:
                if self._seen > self._log.restarts and (pod := self._log.look()) is not None:
                    self._log.take_restart(pod)
                if self._follow():
                    pause = FIRST_PAUSE
                if not self._goes_on():
                    return
            except KubeError as error:
                log.debug("the log of %s is followed again: %s", self._pod, error)
                self.refused = error if error.lacks_right else self.refused
                if error.status == 404 and self._is_gone():
                    return
            except OSError as error:
                log.warning("the log of %s cannot be written: %s", self._pod, error)
                return
            self._stopped.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _follow(self) -> bool:
        """Read until the stream ends; whether anything new came."""
        stream = self._log.follow()
        self.refused = None
        with self._lock:
            self._stream = stream
        if self._stopped.is_set():
            stream.close()
        return self._log.write(stream)

    def _goes_on(self) -> bool:
        """After a stream's end: whether more is to come. It is waited for what ended it: a container that has ended is
        told as such a moment later, and what the next one writes must not come before the rest of this one's."""
        pause, waited = FIRST_PAUSE, 0.0
        while not self._stopped.is_set():
            pod = self._log.look()
            if pod is None or (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
                return False
            if self._log.take_restart(pod):
                return True
            if self._log.runs(pod) and waited >= SETTLED_SECONDS:
                return True  # the connection broke, not the container
            self._stopped.wait(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_PAUSE)
        return False

    def _is_gone(self) -> bool:
        try:
            return self._log.look() is None
        except KubeError:
            return False
