"""Who holds a lock: told by its file, and whether that process lives."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from autotuner_core.json_value import json_value
from autotuner_core.run.processes import birth_of, same_process, this_machine_id

STALE_SECONDS = 60.0
"""After so long without a touch the holder may be dead."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: host, pid, that process's start time (seconds since the epoch), and the run.

    `born` and `machine` tell the process and its machine for certain (see processes.py); `token` tells one holding of
    the lock from another. All three are empty in locks of older versions.
    """

    host: str
    pid: int
    started: float
    run_id: str
    born: float | None = None
    machine: str = ""
    token: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (run {self.run_id or 'unknown'})"


def this_process(run_id: str = "") -> Holder:
    """This process, as the holder of a lock."""
    import psutil

    pid, started = os.getpid(), psutil.Process().create_time()
    return Holder(socket.gethostname(), pid, started, run_id, birth_of(pid), this_machine_id())


def is_here(holder: Holder) -> bool:
    """Whether the holder is a process of this machine, so that its end can be seen."""
    if holder.machine and this_machine_id():
        return holder.machine == this_machine_id()
    return holder.host == socket.gethostname()


def is_alive(holder: Holder) -> bool:
    """Whether the holder, a process of this machine, still runs."""
    return same_process(holder.pid, holder.started, holder.born)


def went_down(holder: Holder, touched: float) -> bool:
    """Whether the holder ran on this host before it was started anew: nothing of that time is alive. `touched` is the
    lock's last touch (seconds since the epoch)."""
    import psutil

    return holder.host == socket.gethostname() and touched < psutil.boot_time() and age_of(touched) >= STALE_SECONDS


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock, if anybody does: a live process of this machine, or one of another that touched it within
    the last STALE_SECONDS, as far as the clocks agree. Raises OSError where that cannot be known: the lock is there,
    or may be, and cannot be read."""
    try:
        seen, touched = look(path)
    except FileNotFoundError:
        return None
    holder = holder_in(seen)
    if holder is None:
        return None
    if is_here(holder):
        return holder if is_alive(holder) else None
    return holder if abs(age_of(touched)) < STALE_SECONDS else None


def known_holder_of(path: Path) -> Holder | None:
    """As `holder_of`, for a look over many runs: one whose folder cannot be read now has no holder that is known."""
    try:
        return holder_of(path)
    except OSError:
        return None


def look(path: Path) -> tuple[bytes, float]:
    """The lock's content, and the time of its last touch. Opened first: only then does NFS ask its server."""
    with path.open("rb") as file:
        return file.read(), os.fstat(file.fileno()).st_mtime


def age_of(touched: float) -> float:
    """Seconds since a touch, by this machine's clock: below 0 where the toucher's is ahead."""
    return time.time() - touched


def holder_in(text: bytes) -> Holder | None:
    """Who wrote the lock; None where it was torn or is another program's."""
    try:
        record = json_value(text)
        born = record.get("born")
        return Holder(
            str(record["host"]), int(record["pid"]), float(record["started"]), str(record["run_id"]),
            None if born is None else float(born), str(record.get("machine", "")), str(record.get("token", "")),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
