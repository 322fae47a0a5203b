"""What engines count of themselves, under one name each, whatever an engine's `/metrics` calls it.

The names of each engine are data: the table `metrics` in its profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class EngineFigure:
    """One thing counted. A `gauge` tells of now, a `counter` only grows. `across`: how the values of independent copies
    of the model (data-parallel ranks) become one. `share`: a share of the whole, from 0 to 1."""

    kind: Literal["gauge", "counter"]
    across: Literal["sum", "max"] = "sum"
    share: bool = False


ENGINE_FIGURES: Mapping[str, EngineFigure] = {
    "requests_running": EngineFigure("gauge"),
    "requests_waiting": EngineFigure("gauge"),
    "kv_cache_usage": EngineFigure("gauge", across="max", share=True),  # one full rank is full
    "preemptions": EngineFigure("counter"),
    "prefix_cache_queries": EngineFigure("counter"),
    "prefix_cache_hits": EngineFigure("counter"),
}
"""By name; counts are of requests, those of the prefix cache of prompt tokens (of blocks in vLLM before 0.9)."""

SAME_WORK_LABELS = frozenset({"tp_rank", "pp_rank", "moe_ep_rank", "ep_rank", "pid"})
"""Labels whose values tell apart processes that work on the same requests (SGLang): their values are not added up."""


@dataclass(frozen=True)
class MetricNames:
    """Where one figure is found: the first of `names` that is there counts (newest first), each a group of metrics that
    are added up. `limits` are the parameters that bound the figure."""

    names: tuple[tuple[str, ...], ...]
    limits: tuple[str, ...] = ()


MetricTable = Mapping[str, MetricNames]
"""Figure -> where an engine tells it."""


def metric_table(data: Mapping[str, Any]) -> MetricTable:
    """The table of a profile's data. Raises ValueError for a figure that there is not."""
    if unknown := set(data) - set(ENGINE_FIGURES):
        raise ValueError(f"no such engine figures: {', '.join(sorted(unknown))}")
    return {
        figure: MetricNames(
            names=tuple((name,) if isinstance(name, str) else tuple(name) for name in entry["names"]),
            limits=tuple(entry.get("limits", ())),
        )
        for figure, entry in data.items()
    }
