"""The latency limits (SLO): which of them a level misses and by how much, and whether a single request meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autotuner_core.scoring.metrics import METRICS, metric_value


@dataclass(frozen=True)
class Excess:
    """By how much a figure is above its upper limit, as a share of the limit (0.1 is 10 % above)."""

    metric: str
    value: float
    limit: float

    @property
    def share(self) -> float:
        """0 when met. A limit of 0 has no shares: then it is the value itself."""
        return max(0.0, self.value / self.limit - 1 if self.limit > 0 else self.value - self.limit)


def excesses(figures: Mapping[str, Any], slo: Mapping[str, float]) -> list[Excess]:
    """Every limit that the figures miss, the one missed most first. A limit whose figure is absent is passed over;
    `unmeasured` names those."""
    found = [
        Excess(name, value, limit)
        for name, limit in slo.items()
        if (value := metric_value(figures, name)) is not None and value > limit
    ]
    return sorted(found, key=lambda excess: -excess.share)


def miss(figures: Mapping[str, Any], slo: Mapping[str, float]) -> float:
    """The sum over the limits of the relative excess; 0 when all are met."""
    return sum(excess.share for excess in excesses(figures, slo))


def unmeasured(figures: Mapping[str, Any], slo: Mapping[str, float]) -> tuple[str, ...]:
    """The limits for which there is no figure to hold them against."""
    return tuple(name for name in slo if metric_value(figures, name) is None)


def request_limits(slo: Mapping[str, float]) -> dict[str, float]:
    """The limits that a single request is held to for goodput: by metric, without the statistic. Of several limits on
    one metric (a p50 and a p99) the loosest counts: no request alone has to meet a limit set for half of them."""
    limits: dict[str, float] = {}
    for name, limit in slo.items():
        base = name.partition(".")[0]
        if base in METRICS and METRICS[base].per_request:
            limits[base] = max(limit, limits.get(base, limit))
    return limits
