"""The queue of a controller: names, each at most once, some of them for later."""

from __future__ import annotations

import heapq
import itertools
import threading
import time

Key = tuple[str, str, str]  # kind, namespace, name


class Queue:
    """Filled by the watches' threads, emptied by one."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Key]] = []
        self._when: dict[Key, float] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def put(self, key: Key, after: float = 0.0) -> None:
        """Handle it after so many seconds, or earlier where that was asked for already."""
        when = time.monotonic() + after
        with self._changed:
            if when < self._when.get(key, float("inf")):
                self._when[key] = when
                heapq.heappush(self._due, (when, next(self._numbers), key))
                self._changed.notify()

    def get(self) -> Key:
        """The next one that is due; waits for it."""
        with self._changed:
            while True:
                if not self._due:
                    self._changed.wait()
                    continue
                when, _, key = self._due[0]
                if self._when.get(key) != when:  # was asked for earlier, and handled
                    heapq.heappop(self._due)
                elif when > time.monotonic():
                    self._changed.wait(when - time.monotonic())
                else:
                    heapq.heappop(self._due)
                    del self._when[key]
                    return key
