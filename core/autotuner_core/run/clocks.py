"""Clocks that no one sets or that never go back, and how long the machine was suspended between two looks at them."""

from __future__ import annotations

import time


def seconds_awake_and_asleep() -> float:
    """A clock that goes on while the machine is suspended. Where there is none it is the wall clock, which may be
    set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.time()


def seconds_asleep() -> float:
    """How long the machine was suspended since it started; only differences mean something. 0 where the system does
    not tell. The monotonic clock, by which levels are timed, stands still meanwhile."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


class NeverBack:
    """The wall clock (seconds since the epoch), and where that was set back behind the latest moment that was kept, on
    from there by the monotonic one. Not thread-safe."""

    def __init__(self, latest: float = 0.0) -> None:
        self._latest, self._monotonic = latest, time.monotonic()

    def now(self) -> float:
        """Never before the latest moment."""
        wall = time.time()
        return wall if wall >= self._latest else self._latest + (time.monotonic() - self._monotonic)

    def keep(self, moment: float) -> None:
        """Something was recorded at this moment, just now."""
        self._latest, self._monotonic = max(self._latest, moment), time.monotonic()
