"""The queue of a controller: names, each at most once, and names for later, as controller-runtime's has it: one that
is handled meanwhile is looked at again all the same when its time has come."""

from __future__ import annotations

import threading
import time

Key = tuple[str, str, str]  # kind, namespace, name


class Queue:
    """Filled by the watches' threads, emptied by one."""

    def __init__(self) -> None:
        self._ready: dict[Key, None] = {}
        self._later: dict[Key, float] = {}
        self._changed = threading.Condition()

    def put(self, key: Key, after: float = 0.0) -> None:
        """Handle it, or look at it in so many seconds; of two times the earlier one counts."""
        with self._changed:
            if after > 0:
                when = time.monotonic() + after
                self._later[key] = min(when, self._later.get(key, when))
            else:
                self._ready[key] = None
            self._changed.notify()

    def get(self) -> Key:
        """The next one that is due; waits for it."""
        with self._changed:
            while True:
                now = time.monotonic()
                for key in [key for key, when in self._later.items() if when <= now]:
                    del self._later[key]
                    self._ready[key] = None
                if self._ready:
                    key = next(iter(self._ready))
                    del self._ready[key]
                    return key
                first = min(self._later.values(), default=None)
                self._changed.wait(None if first is None else first - now)
