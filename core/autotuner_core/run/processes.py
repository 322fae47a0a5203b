"""Which process is meant by a pid: pids are used again, clocks are set, containers number their processes anew."""

from __future__ import annotations

import contextlib
import os
from functools import cache
from pathlib import Path

START_TOLERANCE = 2.0
"""Seconds. A start time counted from the epoch hangs on the boot time, which is kept in whole seconds and drifts."""

_BIRTH_TOLERANCE = 0.05  # seconds; the kernel counts in hundredths


@cache
def this_machine_id() -> str:
    """The running system whose processes are numbered together with this one: its boot and its process namespace.
    Empty where the system does not tell (then the host's name must do)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def birth_of(pid: int) -> float | None:
    """When a process began, in seconds since the machine's start: no change of the clock touches it. None where the
    process is gone, or the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return None


def same_process(pid: int, started: float, born: float | None = None) -> bool:
    """Whether `pid` is alive and still the process that began at `started` (seconds since the epoch) or, where that is
    known, was `born` at this time since the machine's start. A zombie is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        now = birth_of(pid) if born is not None else None
        if born is not None and now is not None:
            return abs(now - born) < _BIRTH_TOLERANCE
        return abs(process.create_time() - started) < START_TOLERANCE
    except psutil.AccessDenied:  # it is there, and another user's
        return True
    except psutil.Error:
        return False
