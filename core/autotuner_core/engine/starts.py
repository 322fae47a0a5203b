"""When the next experiment may begin: many that may all be under way at once do not all begin in the same moment."""

from __future__ import annotations

AT_ONCE = 2
"""So many begin without a pause between them."""


class Starts:
    """Experiments begin `gap` seconds apart (0: whenever they may), save for the first AT_ONCE of a burst. Moments are
    in seconds since the epoch; a clock that is set back costs one gap."""

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._paid = 0.0  # up to this moment the starts so far have used up what time gives

    def begun(self, now: float) -> None:
        """One began."""
        self._paid = max(self._paid, now) + self._gap

    def seconds_left(self, now: float) -> float | None:
        """Seconds until the next one may begin; None where it may now."""
        self._paid = min(self._paid, now + self._gap * AT_ONCE)
        left = self._paid - now - self._gap * (AT_ONCE - 1)
        return left if left > 1e-6 else None
