"""Processes found again by the token in their environment, and ended: what a killed run left behind."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from autotuner_core.run.processes import birth_of, same_process

TOKEN_VARIABLE = "AUTOTUNER_TOKEN"
"""In the environment of everything that a run starts: the run's token."""


@dataclass(frozen=True)
class Stray:
    """A process that carries the token. `started` is its start time in seconds since the epoch; `born` is that of
    processes.py."""

    pid: int
    started: float
    command: str
    status: str
    born: float | None = None

    def __str__(self) -> str:
        state = ", in uninterruptible sleep (state D)" if self.status == psutil.STATUS_DISK_SLEEP else ""
        return f"pid {self.pid} ({self.command}{state})"


def find_strays(token: str, variable: str = TOKEN_VARIABLE) -> list[Stray]:
    """All processes of this user whose environment has `variable=token`, but this one. A zombie is gone already."""
    found = (look(pid) for pid in psutil.pids() if pid != os.getpid() and carries(pid, variable, token))
    return [stray for stray in found if stray is not None]


def end_strays(token: str, *, grace: float = 10.0, variable: str = TOKEN_VARIABLE) -> list[Stray]:
    """End all processes with the token: SIGTERM, SIGKILL after `grace` seconds. Returns those that are still there."""
    return end_found(lambda: find_strays(token, variable), grace)


def end_found(find: Callable[[], list[Stray]], grace: float) -> list[Stray]:
    """End all that `find` finds: SIGTERM, SIGKILL after `grace` seconds. Returns those that are still there."""
    if grace > 0:
        end_these(find(), grace)
    # Asked anew until none is found: what is being ended may have started another just before.
    for _ in range(3):
        strays = find()
        if not strays:
            return []
        end_these(strays, 0)
    return find()


def end_these(strays: Sequence[Stray], grace: float) -> list[Stray]:
    """End these processes: SIGTERM, SIGKILL after `grace` seconds. Returns those that are there a second later."""
    left = list(strays)
    if grace > 0:
        _signal(left, kill=False)
        left = wait_gone(left, grace)
    _signal(left, kill=True)
    return wait_gone(left, 1.0)


def wait_gone(strays: Sequence[Stray], seconds: float) -> list[Stray]:
    """Wait until these processes are gone; those that still are there after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = 0.005
    left = [stray for stray in strays if same_process(stray.pid, stray.started, stray.born)]
    while left and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
        left = [stray for stray in left if same_process(stray.pid, stray.started, stray.born)]
    return left


def _signal(strays: Iterable[Stray], *, kill: bool) -> None:
    for stray in strays:
        if same_process(stray.pid, stray.started, stray.born):
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(stray.pid)
                process.kill() if kill else process.terminate()


def carries(pid: int, variable: str, token: str) -> bool:
    """Whether the process was started with `variable=token`. False where its environment may not be read."""
    if psutil.LINUX:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:  # gone, or another user's
            return False
        return f"{variable}={token}".encode() in environment.split(b"\0")
    try:
        return bool(psutil.Process(pid).environ().get(variable) == token)
    except (psutil.Error, OSError):
        return False


def look(pid: int) -> Stray | None:
    """The process as it is now; None when it is gone, or a zombie."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            status = process.status()
            if status == psutil.STATUS_ZOMBIE:
                return None
            command = " ".join(process.cmdline())[:120] or process.name()
            return Stray(pid, process.create_time(), command, status, birth_of(pid))
    except psutil.Error:
        return None
