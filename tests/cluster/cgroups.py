"""The control group that a node's pods live in, in both versions of control groups."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from .errors import ClusterError
from .processes import until

MOUNTED = Path("/sys/fs/cgroup")
WANTED = ("cpu", "memory", "pids", "cpuset", "io")  # version 2: what is handed down to the pods
SECONDS = 10
NEEDED = ("cpu", "memory", "pids")


def usable_root(name: str) -> str:
    """Make the group `name` in every hierarchy. Returns it as the kubelet calls it."""
    for group in roots(name):
        group.mkdir(exist_ok=True)
        if (group / "cpuset.cpus").exists() and not is_unified():  # empty at first, and then takes no process
            for file in ("cpuset.cpus", "cpuset.mems"):
                (group / file).write_text((MOUNTED / "cpuset" / file).read_text())
        if is_unified():
            _hand_down(MOUNTED)
            _hand_down(group)
    return f"/{name}"


def remove(name: str) -> None:
    """Remove the group and all below it. Raises ClusterError where a process is still in one."""
    for root in roots(name):
        if root.exists():
            for group in sorted((path for path in root.rglob("*") if path.is_dir()), reverse=True):
                _remove(group)
            _remove(root)


def roots(name: str) -> list[Path]:
    """The group's folder in every hierarchy that is mounted."""
    if is_unified():
        return [MOUNTED / name]
    return [folder / name for folder in _hierarchies()]


def is_unified() -> bool:
    """Whether this machine has control groups of version 2 alone."""
    return (MOUNTED / "cgroup.controllers").exists()


def missing() -> list[str]:
    """The controllers that pods need and this machine does not hand out."""
    if is_unified():
        there = (MOUNTED / "cgroup.controllers").read_text().split()
    else:
        there = [folder.name for folder in _hierarchies()]
    return [name for name in NEEDED if not any(name in part.split(",") for part in there)]


def _hierarchies() -> Iterator[Path]:
    for folder in sorted(MOUNTED.iterdir()):
        if folder.is_dir() and not folder.is_symlink() and (folder / "cgroup.procs").exists():
            yield folder


def _hand_down(group: Path) -> None:
    for name in WANTED:
        with contextlib.suppress(OSError):  # in a container's own root, perhaps; the needed ones are looked at below
            (group / "cgroup.subtree_control").write_text(f"+{name}")
    handed = (group / "cgroup.subtree_control").read_text().split()
    if lacking := [name for name in NEEDED if name not in handed]:
        raise ClusterError(f"the control group {group} does not hand down {', '.join(lacking)} (see its cgroup.procs)")


def _remove(group: Path) -> None:
    if not until(lambda: _is_removed(group), SECONDS):
        raise ClusterError(f"the control group {group} cannot be removed (see its cgroup.procs)")


def _is_removed(group: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        try:
            group.rmdir()
        except OSError as error:
            if error.errno == errno.EBUSY:  # of a process that was killed a moment ago
                return False
            raise
    return True
