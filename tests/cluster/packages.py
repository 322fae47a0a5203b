"""What a node needs of the machine: Debian's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .errors import ClusterError
from .images import BUSYBOX
from .node import CNI_PROGRAMS

# Package, and how to see that what it brings is there: a command, or any of some files.
COMMANDS = {
    "containerd": ("containerd", "ctr", "containerd-shim-runc-v2"),
    "runc": ("runc",),
    "iptables": ("iptables",),
    "conntrack": ("conntrack",),
    "iproute2": ("ip",),
    "openssl": ("openssl",),
    "util-linux": ("unshare", "nsenter", "setpriv", "setsid"),
}
FILES = {
    "containernetworking-plugins": tuple(f"{folder}/bridge" for folder in CNI_PROGRAMS),
    "busybox-static": BUSYBOX,
}
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SECONDS = 900


def missing() -> list[str]:
    """The packages of which something is not there."""
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    found = [name for name, commands in COMMANDS.items() if not all(shutil.which(c, path=path) for c in commands)]
    return found + [name for name, files in FILES.items() if not any(Path(file).exists() for file in files)]


def install(say: Callable[[str], None]) -> None:
    """Install what is missing, with apt. Raises ClusterError where that cannot be done."""
    names = missing()
    if not names:
        return
    if shutil.which("apt-get") is None:
        raise ClusterError(f"missing: {', '.join(names)} (Debian's names of the packages); there is no apt-get here")
    if os.geteuid() != 0:
        raise ClusterError(f"missing packages: sudo apt-get install {' '.join(names)}")
    say(f"installing {', '.join(names)}")
    apt("update", "-qq")
    apt("install", "-y", "-qq", "--no-install-recommends", *names)
    if still := missing():
        raise ClusterError(f"installed, and yet not there: {', '.join(still)}")


def apt(*words: str) -> None:
    """Call apt-get; it asks nothing, and starts no service."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=120", *words]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise ClusterError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-1500:]}")
