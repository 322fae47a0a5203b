"""How long what is left of a run may take, by what came before it."""

from __future__ import annotations

import math
from collections.abc import Sequence


def remaining_seconds(durations: Sequence[float], left: int, parallel: int, fallback: float) -> float:
    """How long the `left` experiments that have not ended will take, `parallel` at a time, in seconds.

    Told by the mean of the last ten that have ended (`durations`, in the order of their ends), or by `fallback`
    seconds an experiment where none has.
    """
    recent = durations[-10:]
    each = math.fsum(recent) / len(recent) if recent else fallback
    return each * math.ceil(left / max(1, parallel))
