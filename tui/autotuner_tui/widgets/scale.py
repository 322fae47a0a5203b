"""Axes that hold still: rounded limits that only grow while the same thing is shown."""

from __future__ import annotations

import math
from collections.abc import Hashable

STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
TIMES = (10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 2400, 3600)


LEAST_END = 1e-300
"""What is below it is nothing: its power of ten cannot be told as a float."""


def rounded_up(value: float) -> float:
    """The next of STEPS and their tenfolds that is not below the value; 1 for nothing."""
    if not LEAST_END < value < math.inf:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in STEPS if step * power >= value * (1 - 1e-9)), 10.0 * power)


def rounded_seconds(seconds: float) -> float:
    """The next length of a time axis: 10 s, 15 s, ... 1 h, then whole hours."""
    return next((float(time) for time in TIMES if time >= seconds), math.ceil(seconds / 3600) * 3600.0)


class Limits:
    """Remembers the upper ends of axes by their names. `of` says what is shown: another thing begins anew."""

    def __init__(self) -> None:
        self._of: Hashable = None
        self._ends: dict[str, float] = {}

    def begin(self, of: Hashable) -> None:
        """From now on this is shown."""
        if of != self._of:
            self._of, self._ends = of, {}

    def end(self, name: str, value: float) -> float:
        """The end of the axis, at least the value and never lower than it was."""
        end = max(self._ends.get(name, 0.0), rounded_up(value)) if value > 0 else self._ends.get(name, 1.0)
        if value > 0:
            self._ends[name] = end
        return end
