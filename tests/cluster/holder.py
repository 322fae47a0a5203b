"""The namespaces of a cluster: network, mounts and processes. They live as long as the first process in them.

That process does nothing. When it is killed the kernel kills all others in there, and what they had mounted, listened
on or linked is gone with them: no step of tidying up can be forgotten.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .errors import ClusterError, with_log
from .places import CACHE, Place
from .processes import child_of, exists, recorded, running, send, until

PART = "namespaces"

# Places that kubelet, containerd and CNI plugins insist on, as in any container. What lies in /var/lib and is needed
# (a home folder, say) is put back: $1 is a folder that must stay what it is. SIGCHLD is ignored so that orphans, who
# become children of this process, vanish when they end.
FIRST = """
set -e
entry=
case "$1" in /var/lib/*) entry="/var/lib/$(echo "$1" | cut -d/ -f4)"; exec 9<"$entry" ;; esac
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/log
mount -t tmpfs -o mode=755 tmpfs /var/lib
if [ -n "$entry" ]; then mkdir "$entry"; mount --bind /proc/self/fd/9 "$entry"; exec 9<&-; fi
mkdir -p /run/lock /run/netns /var/lib/kubelet /var/lib/containerd
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null || true
: >"$2"
exec env --ignore-signal=CHLD sleep infinity
"""
UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")


class Holder:
    """The first process of a cluster's namespaces."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.record = place.record(PART)
        self._parent: subprocess.Popen[bytes] | None = None

    def open(self, *, tied: bool) -> int:
        """Make the namespaces. `tied`: they end with the calling process (and thread), however that ends."""
        done = self.place.state / "namespaces-ready"
        done.unlink(missing_ok=True)
        log = self.place.log(PART)
        command: list[str | Path] = [*UNSHARE, "sh", "-c", FIRST, "sh", CACHE, done]
        if tied:
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with log.open("wb") as out:
            self._parent = subprocess.Popen(
                recorded(self.record, *command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if not until(lambda: done.exists() or self._parent is None or self._parent.poll() is not None, 60):
            raise with_log("the namespaces were not ready in 60 s", log)
        if not done.exists():
            raise with_log("no namespaces", log)
        return self.pid

    @property
    def pid(self) -> int:
        """The first process, as the host numbers it. Raises ClusterError where the cluster is not up."""
        if (found := self.find()) is None:
            raise ClusterError(f"cluster {self.place.name} is not up")
        return found

    def find(self) -> int | None:
        """The first process, or None."""
        parent = running(self.record)
        return child_of(parent) if parent is not None else None

    def inside(self, *command: str | Path) -> list[str]:
        """A command as it runs inside."""
        return ["nsenter", "--target", str(self.pid), "--net", "--mount", "--pid", "--", *map(str, command)]

    def run(self, *command: str | Path, seconds: float = 60) -> str:
        """Run a command inside and return its output. Raises ClusterError with it where the command fails."""
        return run(self.inside(*command), seconds)

    def close(self) -> None:
        """Kill all that is inside and wait until it is gone."""
        parent = running(self.record)
        if parent is not None:
            first = child_of(parent)
            send(parent, signal.SIGKILL)  # its child, the first process, is killed with it
            if not until(lambda: not exists(parent) and (first is None or not exists(first)), 60):
                raise ClusterError(f"the processes of cluster {self.place.name} do not end (below process {first})")
        if self._parent is not None:
            self._parent.wait(10)


def run(command: Sequence[str | Path], seconds: float = 60) -> str:
    """Run a command on the host and return its output. Raises ClusterError with it where the command fails."""
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin"}
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=seconds, env=environment,
    )  # fmt: skip
    if done.returncode:
        raise ClusterError(f"{' '.join(map(str, command))}\n  exit code {done.returncode}: {done.stdout.strip()}")
    return done.stdout
