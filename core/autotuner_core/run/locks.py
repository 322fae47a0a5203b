"""Locks of a run: one per run, held by its host, and one per task name and results folder. They are plain files, so
that they hold across hosts that share a folder, and name who holds them.

A lock is stale on its own host when that process is gone; from another host after 60 s without a touch, and then it
goes only to somebody who asks to take over.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

TOUCH_SECONDS = 10.0
STALE_SECONDS = 60.0


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: host, pid, that process's start time (seconds since the epoch), and the run."""

    host: str
    pid: int
    started: float
    run_id: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (run {self.run_id or 'unknown'})"


class LockHeld(Exception):
    """Somebody else holds the lock. `message` names the holder and what to do."""

    def __init__(self, path: Path, holder: Holder | None, cure: str) -> None:
        self.holder = holder
        super().__init__(f"{path} is held by {holder or 'an unknown process'}; {cure}")


def this_process(run_id: str = "") -> Holder:
    """This process, as the holder of a lock."""
    return Holder(socket.gethostname(), os.getpid(), psutil.Process().create_time(), run_id)


def is_alive(holder: Holder) -> bool:
    """Whether the holder, a process of this host, still runs. A pid is the same process only if its start time is."""
    try:
        return abs(psutil.Process(holder.pid).create_time() - holder.started) < 1.0
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock, if anybody does: a live process of this host, or one of another host that touched it within
    the last STALE_SECONDS."""
    try:
        holder, touched = _holder(path.read_bytes()), path.stat().st_mtime
    except OSError:
        return None
    if holder is None:
        return None
    if holder.host == socket.gethostname():
        return holder if is_alive(holder) else None
    return holder if time.time() - touched < STALE_SECONDS else None


class FileLock:
    """A lock file. `acquire` raises LockHeld; `touch` is called every TOUCH_SECONDS while it is held."""

    def __init__(self, path: Path, run_id: str) -> None:
        self.path = path
        self.me = this_process(run_id)
        self._held = False

    def acquire(self, take_over: bool = False) -> None:
        """Take the lock, or a stale one's place. Raises LockHeld and OSError."""
        while not self._create():
            try:
                seen, touched = self.path.read_bytes(), self.path.stat().st_mtime
            except FileNotFoundError:
                continue
            self._refuse_if_held(_holder(seen), touched, take_over)
            self._move_away(seen)

    def touch(self) -> None:
        """Say that the holder is alive. Raises OSError where the file or its folder is gone, or the lock is another's
        now: whoever slept too long must not go on beside the one who took over."""
        holder = _holder(self.path.read_bytes())
        if holder != self.me:
            raise PermissionError(
                errno.EPERM, f"the lock was taken over by {holder or 'another program'}", str(self.path)
            )
        os.utime(self.path)

    def release(self) -> None:
        """Give it back. Only its own; safe to call twice."""
        if self._held:
            self._held = False
            try:
                if _holder(self.path.read_bytes()) == self.me:
                    self.path.unlink()
            except FileNotFoundError:
                return

    def _create(self) -> bool:
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return False
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(asdict(self.me), file)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self.path.unlink(missing_ok=True)  # an empty lock would name nobody, and go to nobody
            raise
        self._held = True
        return True

    def _refuse_if_held(self, holder: Holder | None, touched: float, take_over: bool) -> None:
        age = time.time() - touched
        if holder is not None and holder.host == self.me.host:
            if is_alive(holder):
                raise LockHeld(self.path, holder, "stop it first, or wait until it has ended")
        elif age < STALE_SECONDS:
            raise LockHeld(self.path, holder, f"it was alive {age:.0f} s ago: wait, or go on there")
        elif not take_over:
            cure = f"it has not been heard of for {age:.0f} s: if it is dead for certain, use --take-over"
            raise LockHeld(self.path, holder, cure)

    def _move_away(self, seen: bytes) -> None:
        """Remove the stale lock that was `seen`. If another process was quicker, its fresh lock is put back."""
        aside = self.path.with_name(f"{self.path.name}.stale-{os.getpid()}")
        try:
            os.rename(self.path, aside)
        except FileNotFoundError:
            return
        if aside.read_bytes() != seen:
            try:
                os.link(aside, self.path)
            except FileExistsError:
                pass  # somebody took the place meanwhile: the next look finds them
        aside.unlink()


def _holder(text: bytes) -> Holder | None:
    """Who wrote the lock; None where it was torn or is another program's."""
    try:
        record = json.loads(text)
        return Holder(str(record["host"]), int(record["pid"]), float(record["started"]), str(record["run_id"]))
    except (ValueError, KeyError, TypeError):
        return None
