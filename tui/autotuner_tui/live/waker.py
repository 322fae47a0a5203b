"""Ends a wait for input at once, from any thread or signal handler."""

from __future__ import annotations

import contextlib
import os
import select


class Waker:
    """A pipe to itself."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        for descriptor in (self._reading, self._writing):
            os.set_blocking(descriptor, False)

    def wake(self) -> None:
        """End the wait that is under way, or else the next one."""
        with contextlib.suppress(BlockingIOError):  # full: it will wake
            os.write(self._writing, b"w")

    def wait(self, seconds: float, descriptor: int | None = None) -> bool:
        """Sleep; True where there is something to be read from the descriptor."""
        watched = [self._reading] if descriptor is None else [self._reading, descriptor]
        ready, _, _ = select.select(watched, [], [], seconds)
        if self._reading in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._reading, 1024)
        return descriptor in ready
