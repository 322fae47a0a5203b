"""Locks of a run: one per run, held by its host, and one per task name and results folder. They are plain files, so
that they hold across hosts that share a folder, and name who holds them.

A lock is stale on its own machine when that process is gone; from another one after 60 s without a touch, and then it
goes only to somebody who asks to take over. Clocks of hosts differ, and are set: so whoever takes over first watches
for longer than a touch takes, whatever the file's time says, and whoever was taken over notices by the lock's token.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from autotuner_core.run.holders import (
    STALE_SECONDS,
    Holder,
    age_of,
    holder_in,
    is_alive,
    is_here,
    look,
    this_process,
    went_down,
)  # fmt: skip
from autotuner_core.run.turn import turn

TOUCH_SECONDS = 10.0
WATCH_SECONDS = 1.5 * TOUCH_SECONDS
"""How long a lock is watched for a touch before it is taken over."""


class LockHeld(Exception):
    """Somebody else holds the lock. `message` names the holder and what to do."""

    def __init__(self, path: Path, holder: Holder | None, cure: str) -> None:
        self.holder = holder
        super().__init__(f"{path} is held by {holder or 'an unknown process'}; {cure}")


class LockLost(OSError):
    """The lock is another's now, or gone: who held it must not go on beside the one who took over."""


class FileLock:
    """A lock file. `acquire` raises LockHeld; `touch` is called every TOUCH_SECONDS while it is held. `sleep` is how
    `acquire` waits when it watches a lock before it takes it over."""

    def __init__(self, path: Path, run_id: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.path = path
        self.me = replace(this_process(run_id), token=secrets.token_hex(8))
        self._sleep = sleep
        self._held = False

    def acquire(self, take_over: bool = False) -> None:
        """Take the lock, or a stale one's place; taking over takes WATCH_SECONDS. Raises LockHeld and OSError."""
        taken = self._create()
        while not taken:
            try:
                seen, touched = look(self.path)
                self._refuse_if_held(holder_in(seen), touched, take_over)
                taken = self._take_place_of(seen, touched)
            except FileNotFoundError:
                taken = self._create()

    def refuse_if_held(self) -> None:
        """Raises LockHeld where somebody holds it, or may hold it; FileNotFoundError where there is no lock."""
        seen, touched = look(self.path)
        self._refuse_if_held(holder_in(seen), touched, take_over=False)

    def check(self) -> None:
        """Raises LockLost where the lock is not held any more, OSError where its folder cannot be read."""
        holder = holder_in(self.path.read_bytes())
        if holder != self.me:
            raise LockLost(errno.EPERM, f"the lock was taken over by {holder or 'another program'}", str(self.path))

    def touch(self) -> None:
        """Say that the holder is alive. Raises as `check` does, and OSError where the file cannot be touched."""
        self.check()
        os.utime(self.path)

    def release(self) -> None:
        """Give it back. Only its own; safe to call twice."""
        if self._held:
            self._held = False
            with contextlib.suppress(FileNotFoundError, LockLost):
                self.check()
                self.path.unlink()

    def _create(self) -> bool:
        """Make the lock, whole at once: a torn one would name nobody, and go to nobody."""
        part = self.path.with_name(f".{self.path.name}.{self.me.token}.part")
        try:
            with part.open("x", encoding="utf-8") as file:
                json.dump(asdict(self.me), file)
                file.flush()
                os.fsync(file.fileno())
            self._held = _publish(part, self.path)
        except OSError as error:
            error.filename = error.filename or str(self.path)  # a write to a full disk names no file
            raise
        finally:
            part.unlink(missing_ok=True)
        return self._held

    def _refuse_if_held(self, holder: Holder | None, touched: float, take_over: bool) -> None:
        if holder is not None and is_here(holder):
            if is_alive(holder):
                raise LockHeld(self.path, holder, "stop it first, or wait until it has ended")
            return
        if holder is not None and went_down(holder, touched):
            return
        age = age_of(touched)
        if 0 <= age < STALE_SECONDS:
            raise LockHeld(self.path, holder, f"it was alive {age:.0f} s ago: wait, or go on there")
        if not take_over:
            told = f"has not been heard of for {age:.0f} s" if age >= 0 else f"has a clock {-age:.0f} s ahead of ours"
            raise LockHeld(self.path, holder, f"it {told}: if it is dead for certain, use --take-over")
        self._refuse_if_touched(holder, touched)

    def _refuse_if_touched(self, holder: Holder | None, touched: float) -> None:
        """No clock is asked: a live holder touches the lock while it is watched."""
        self._sleep(WATCH_SECONDS)
        if look(self.path)[1] != touched:
            raise LockHeld(self.path, holder, "it touched the lock just now: it is alive, go on there")

    def _take_place_of(self, seen: bytes, touched: float) -> bool:
        """Take the place of the stale lock that was `seen`. False where another process was quicker."""
        try:
            with turn(self.path):
                if look(self.path) != (seen, touched):
                    return False
                self._move_away(seen)
                return self._create()
        except TimeoutError as error:
            raise LockHeld(self.path, holder_in(seen), "another process is taking it over: try again") from error

    def _move_away(self, seen: bytes) -> None:
        """Remove the stale lock that was `seen`. Where there are no turns, another process may have been quicker even
        now: its fresh lock is put back."""
        aside = self.path.with_name(f".{self.path.name}.{self.me.token}.stale")
        os.rename(self.path, aside)
        if aside.read_bytes() != seen:
            _publish(aside, self.path)  # where somebody took the place meanwhile, the next look finds them
        aside.unlink()


def _publish(part: Path, path: Path) -> bool:
    """Give the whole file its name, unless there is one of that name. Some file systems know no links: there it is
    written in its place."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        try:
            with path.open("xb") as file:
                file.write(part.read_bytes())
                os.fsync(file.fileno())
        except FileExistsError:
            return False
    return True
