"""Processes that outlive the Python that started them, known by records that name no stranger.

A record is the line of /proc/PID/stat of the process, which the process itself writes before it becomes the program:
nothing is ever started that has no record. A process is ours where the start time fits too (field 22 of that line).
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# $1 is the record; the rest is the program. `exec` changes neither the process id nor the start time.
RECORDED = 'cat /proc/$$/stat >"$1.new" && mv "$1.new" "$1" && shift && exec "$@"'


def recorded(record: Path, *command: str | Path) -> list[str]:
    """The command that writes its record and then is `command`."""
    return ["sh", "-c", RECORDED, "sh", str(record), *map(str, command)]


def running(record: Path) -> int | None:
    """The process id of a record whose process is still there; None where it is gone, or never was."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid, _, started = _fields(record.read_text())
        now, state, since = _fields(Path(f"/proc/{pid}/stat").read_text())
        if (now, since) == (pid, started) and state not in "ZX":
            return pid
    return None


def child_of(pid: int) -> int | None:
    """The (first) child of a process, if it has any."""
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    return None


def exists(pid: int) -> bool:
    """Whether there is such a process; one that only waits to be noticed by its parent does not count."""
    with contextlib.suppress(OSError):
        return _fields(Path(f"/proc/{pid}/stat").read_text())[1] not in "ZX"
    return False


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process, which may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def until(condition: Callable[[], object], seconds: float, pause: float = 0.05) -> bool:
    """Wait for a condition; False when the time is over."""
    return any(_moments(condition, seconds, pause))


def _moments(condition: Callable[[], object], seconds: float, pause: float) -> Iterator[bool]:
    end = time.monotonic() + seconds
    while True:
        late = time.monotonic() >= end
        yield bool(condition())
        if late:
            return
        time.sleep(pause)


def _fields(line: str) -> tuple[int, str, int]:
    """Process id, state, start time (clock ticks since boot). The name in parentheses may hold anything."""
    pid, _, rest = line.partition(" (")
    fields = rest.rpartition(")")[2].split()
    return int(pid), fields[0], int(fields[19])
