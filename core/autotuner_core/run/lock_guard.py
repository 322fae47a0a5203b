"""What keeps a host from writing to a run that another has taken over while it slept (a suspended machine, a stopped
process, a network file system that was away)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from autotuner_core.run.clocks import seconds_awake_and_asleep
from autotuner_core.run.locks import TOUCH_SECONDS, FileLock, LockLost

UNSEEN_SECONDS = 2 * TOUCH_SECONDS
"""After so long without a touch the lock's file is looked at before anything is written: a lock is given to nobody
before it was untouched for much longer."""


PATIENCE_SECONDS = 4 * TOUCH_SECONDS
"""For so long a lock that can be neither touched nor read is hoped to be ours still; others may think it stale 20 s
later."""


class LockGuard:
    """Touches the locks of a run, and tells whether they are still held. Thread-safe."""

    def __init__(self, locks: Sequence[FileLock], clock: Callable[[], float] = seconds_awake_and_asleep) -> None:
        self._locks, self._clock = locks, clock
        self._seen = clock()
        self._lost: OSError | None = None
        self._lock = threading.Lock()

    def touch(self) -> None:
        """Say that the host is alive. Raises OSError where a lock is another's or gone, or could not be touched for
        PATIENCE_SECONDS: from then on `check` raises it too."""
        self._each(FileLock.touch)

    def check(self, look: bool = False) -> None:
        """Before anything is written: raises OSError where a lock is lost. The files are looked at where the last
        touch is long ago, or where `look` asks for it."""
        if self._lost is not None:
            raise self._lost
        if look or abs(self._clock() - self._seen) > UNSEEN_SECONDS:
            self._each(FileLock.check)

    def _each(self, act: Callable[[FileLock], None]) -> None:
        with self._lock:
            now = self._clock()
            try:
                for lock in self._locks:
                    act(lock)
            except (LockLost, FileNotFoundError, NotADirectoryError) as error:
                self._lost = error
                raise
            except OSError as error:  # a network file system that is away for a while
                if abs(now - self._seen) > PATIENCE_SECONDS:
                    self._lost = error
                    raise
                return
            self._seen = now
