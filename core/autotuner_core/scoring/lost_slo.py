"""Whether a level under way has lost its SLO for certain: whatever its remaining requests do, it will miss a limit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from autotuner_core.scoring.metrics import LATENCIES
from autotuner_core.scoring.request import Latencies

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import Level

_PERCENTILE = re.compile(r"p(\d+)")
_AS_PERCENTILE = {"min": 0, "max": 100}


def fewest_above(samples: int, percent: int) -> int:
    """How many of `samples` must lie above a limit for their percentile to be above it for certain: so many that the
    lower one of the two neighbours between which it is interpolated is one of them."""
    return samples - math.floor((samples - 1) * percent / 100)


class LostSlo:
    """Counts what the settled requests (settled.py) prove about the upper limits of the SLO.

    The proof. Let M be the most answered requests that the level can have: its cap, less those that failed or were
    empty. The final figure is over N <= M samples, among them all settled ones.

    - A percentile of N samples is above the limit when `fewest_above(N)` of them are. That number never falls with N,
      so as many above the limit among the settled as `fewest_above(M)` are enough for every N <= M. The maximum is the
      percentile 100 (one sample is enough), the minimum the percentile 0 (all M).
    - A mean over N samples of times, none of them negative, is at least the sum over the settled divided by M.
    - The share of errors is at least the errors so far divided by the cap.

    Time does not help: nobody can tell how many quick requests the rest of the time still has room for. Gaps between
    tokens (itl) have no known greatest number, and rates and spreads can be mended by what follows: no proof.
    """

    def __init__(self, level: Level, slo: Mapping[str, float]) -> None:
        self._cap = level.max_requests
        self._limits = [_Limit(name, limit) for name, limit in slo.items()]
        self._error_limit = slo.get("error_rate", math.inf)

    def settled(self, latencies: Latencies) -> None:
        """An answered request has settled."""
        for limit in self._limits:
            limit.take(latencies)

    def lost(self, failed: int, empty: int) -> bool:
        """Whether a limit is missed for certain, `failed` and `empty` requests having ended so far."""
        most = self._cap - failed - empty
        if self._cap > 0 and failed / self._cap > self._error_limit:
            return True
        return most > 0 and any(limit.lost(most) for limit in self._limits)


class _Limit:
    """One limit on a latency; one on anything else is never lost."""

    def __init__(self, name: str, limit: float) -> None:
        self._metric, _, statistic = name.partition(".")
        self._limit, self._above, self._sum = limit, 0, 0.0
        percentile = _PERCENTILE.fullmatch(statistic)
        self._percent = int(percentile[1]) if percentile else _AS_PERCENTILE.get(statistic)
        self._provable = self._metric in LATENCIES and (self._percent is not None or statistic == "mean")

    def take(self, latencies: Latencies) -> None:
        value = getattr(latencies, self._metric) if self._provable else None
        if value is not None:
            self._above += value > self._limit
            self._sum += value

    def lost(self, most: int) -> bool:
        if not self._provable:
            return False
        if self._percent is None:
            return self._sum / most > self._limit * _ROUNDING
        return self._above >= fewest_above(most, self._percent)


_ROUNDING = 1 + 1e-9
"""A running sum is not rounded as the final one is: a mean is above its limit only where rounding cannot tell."""
