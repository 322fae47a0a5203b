"""`kubectl port-forward` to one pod, kept up: begun anew on the same port when it drops.

kubectl does it, and not this process: its relay of many concurrent streams is the one that everybody's results go
through, and what it holds up is another process's time.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kubectl import kubectl_command

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
UP_SECONDS = 15.0  # from the start of kubectl to the listening port; the API server's answer lies between
PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds before each new try in a row that came to nothing
GIVE_UP_AFTER = 4  # tries in a row without a listening port: then there is a `failure`, and it goes on trying
STEADY_SECONDS = 5.0  # one that drops sooner after it was up is not begun anew at once for ever
BRIEF_PAUSE = 3  # the longest of PAUSES for it: kubectl gives up where nobody listens yet, and an engine soon may
_LOOK_AGAIN = 0.05


class Child(Protocol):
    """A process that was started; it is ended with all that it started itself."""

    def stop(self, now: bool = False) -> None: ...


Start = Callable[[Sequence[str], Mapping[str, str], Path, Callable[[int], None]], Child]
"""Starts a program: its arguments, its whole environment, the file for its output, and what is called once, by a
thread, when it has ended."""


class PortForward:
    """From `port` of this machine, which must be reserved for it, to `remote` of a pod. It is begun at once, and goes
    on until `stop`. `notify` is called when anything about it changes; `drops` counts how often it broke after it was
    up, `failure` is set while it does not come up. Thread-safe."""

    def __init__(
        self,
        client: KubeClient,
        pod: str,
        namespace: str,
        *,
        port: int,
        remote: int,
        log: Path,
        start: Start,
        notify: Callable[[], None],
    ) -> None:
        """Raises PreflightError where there is no kubectl."""
        self.port, self.drops = port, 0
        self.failure: ExperimentFailure | None = None
        self._words = kubectl_command(
            client, namespace, "port-forward", f"pod/{pod}", f"{port}:{remote}", "--address", LOOPBACK
        )
        self._pod, self._log, self._start, self._notify = pod, log, start, notify
        self._stopping = threading.Event()
        self._changed = threading.Event()
        self._up = False
        self._thread = threading.Thread(target=self._run, name=f"port-forward-{port}", daemon=True)
        self._thread.start()

    @property
    def up(self) -> bool:
        """Whether it listens."""
        return self._up

    def stop(self) -> None:
        """End it, and wait until nothing of it is left."""
        self._stopping.set()
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        failed = brief = 0  # lives in a row
        while not self._stopping.wait(PAUSES[max(min(failed, len(PAUSES) - 1), min(brief, BRIEF_PAUSE))]):
            seconds = self._once()
            failed = failed + 1 if seconds is None else 0
            brief = brief + 1 if seconds is None or seconds < STEADY_SECONDS else 0
            if failed >= GIVE_UP_AFTER and self.failure is None:
                self.failure = self._does_not_come_up()
                self._notify()

    def _once(self) -> float | None:
        """One life of kubectl: the seconds that it was up, None where it never was."""
        argv, environment = self._words
        self._changed.clear()
        ended = threading.Event()

        def on_exit(_: int) -> None:
            ended.set()
            self._changed.set()

        try:
            child = self._start(argv, environment, self._log, on_exit)
        except Exception as error:  # also what records it may fail: the thread must outlive it
            log.warning("kubectl could not be started: %s", error)
            self._note(f"kubectl could not be started: {error}")
            return None
        try:
            up_since = time.monotonic() if self._wait_until_up(ended) else None
            if up_since is not None:
                self._set_up(True)
                while not ended.is_set() and not self._stopping.is_set():
                    self._changed.wait()
        finally:
            child.stop(now=True)
        if up_since is None:
            return None
        if not self._stopping.is_set():
            self.drops += 1
            self._set_up(False)
        return time.monotonic() - up_since

    def _wait_until_up(self, ended: threading.Event) -> bool:
        deadline = time.monotonic() + UP_SECONDS
        while time.monotonic() < deadline and not ended.is_set() and not self._stopping.is_set():
            if _listens(self.port):
                return True
            self._changed.wait(_LOOK_AGAIN)
        return False

    def _set_up(self, up: bool) -> None:
        self._up = up
        if up:
            self.failure = None
        self._notify()

    def _does_not_come_up(self) -> ExperimentFailure:
        said = _last_lines(self._log)
        refusals = (KubeError(403, "Forbidden", line) for line in reversed(said))
        if refusal := next((error for error in refusals if error.lacks_right), None):
            return as_failure(refusal, f"forward a port to the pod {self._pod}")
        return ExperimentFailure(
            FailureCause.PORT_FORWARD_LOST,
            f"kubectl port-forward to pod {self._pod} does not come up",
            evidence=said,
            cure=f"Try it by hand: {' '.join(['kubectl', *self._words[0][1:]])}. It needs the rights get and create on "
            "pods/portforward.",
        )

    def _note(self, text: str) -> None:
        with contextlib.suppress(OSError), self._log.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def _listens(port: int) -> bool:
    """Whether somebody listens there. kubectl takes a connection for granted and opens one to the pod, so nothing is
    sent: a look at what the kernel knows would need rights that a user may not have."""
    with socket.socket() as caller:
        caller.settimeout(1.0)
        return caller.connect_ex((LOOPBACK, port)) == 0


def _last_lines(log: Path, count: int = 5) -> list[str]:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if not line.startswith(("Forwarding from", "Handling connection"))][-count:]
