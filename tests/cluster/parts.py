"""The programs that make up a cluster: how each is started, and how one alone is ended and started again."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import ClusterError, with_log
from .holder import Holder
from .places import REPOSITORY, Place
from .processes import child_of, exists, recorded, running, send, until

# `registry` has no images; `ome` stands in for OME's controller.
KUBERNETES = ("etcd", "apiserver", "controller-manager", "scheduler", "containerd", "kubelet", "kube-proxy", "coredns")
PARTS = (*KUBERNETES, "registry", "ome")

# Their graceful end waits 20 s for watches to close.
KILLED = ("etcd", "apiserver")
GRACE = 10.0
SECONDS = 180.0  # a few are enough, but not where ten others want the same two cores


@dataclass(frozen=True)
class Parts:
    """The programs of one cluster."""

    place: Place
    holder: Holder
    path: str  # of the programs themselves, and of what they call

    def start(self, part: str, command: Sequence[str | Path]) -> None:
        """Start a program inside the namespaces; it outlives the caller. Raises ClusterError where it runs already."""
        if self.pid(part) is not None:
            raise ClusterError(f"{part} of cluster {self.place.name} is running")
        record = self.place.record(part)
        record.unlink(missing_ok=True)
        environment = {"PATH": self.path, "HOME": "/root", "LANG": "C.UTF-8", "PYTHONPATH": str(REPOSITORY)}
        with self.place.log(part).open("ab") as log:
            subprocess.run(
                ["setsid", "--fork", *recorded(record, *self.holder.inside(*command))],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd="/", check=True,
            )  # fmt: skip
        if not until(record.exists, SECONDS):
            raise with_log(f"{part} did not start", self.place.log(part))

    def pid(self, part: str) -> int | None:
        """The program's process id, None where it does not run."""
        entering = running(self.place.record(part))  # nsenter, whose child is the program
        if entering is None:
            return None
        until(lambda: child_of(entering) is not None or running(self.place.record(part)) is None, 5, 0.005)
        return child_of(entering)

    def stop(self, part: str) -> None:
        """End a program and wait for its end; does nothing where it does not run."""
        pid = self.pid(part)
        if pid is None:
            return
        send(pid, signal.SIGKILL if part in KILLED else signal.SIGTERM)
        if not until(lambda: not exists(pid), GRACE):
            send(pid, signal.SIGKILL)
        if not until(lambda: running(self.place.record(part)) is None, GRACE):
            raise ClusterError(f"{part} of cluster {self.place.name} does not end (process {pid})")

    def wait(self, part: str, ready: Callable[[], object], seconds: float = SECONDS) -> None:
        """Until `ready()`. Raises ClusterError, with the log's end, when the program is gone or time is over."""
        record = self.place.record(part)
        over = until(lambda: ready() or running(record) is None, seconds, 0.1)
        if running(record) is None:
            raise with_log(f"{part} ended", self.place.log(part))
        if not over:
            raise with_log(f"{part} was not ready in {seconds:g} s", self.place.log(part))
