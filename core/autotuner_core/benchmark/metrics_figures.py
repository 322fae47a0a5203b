"""An engine's figures over one level, folded from the looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autotuner_core.benchmark.metrics_reading import Reading
from autotuner_core.engines.metric_names import ENGINE_FIGURES


@dataclass
class LevelLooks:
    """The looks during one level, in order. The first and the last stand at its bounds, where nothing is under way:
    they tell of counters alone."""

    level: int
    at_bounds: list[Reading] = field(default_factory=list)
    within: list[Reading] = field(default_factory=list)
    all: list[Reading] = field(default_factory=list)

    def add(self, reading: Reading, at_bound: bool) -> None:
        (self.at_bounds if at_bound else self.within).append(reading)
        self.all.append(reading)


def figures_of(looks: LevelLooks) -> dict[str, Any]:
    """`engine` (whose names they are), `looks` (how often gauges were looked at), and by name of ENGINE_FIGURES: gauges
    as {mean, max}, counters as their increase; `prefix_cache_hit_rate` where anything was asked of that cache. Empty
    where the engine told nothing."""
    if not looks.all:
        return {}
    figures: dict[str, Any] = {"engine": looks.all[-1].engine, "looks": len(looks.within)}
    for name, figure in ENGINE_FIGURES.items():
        found = _gauge(looks.within, name) if figure.kind == "gauge" else _increase(looks.all, name)
        if found is not None:
            figures[name] = found
    queries, hits = figures.get("prefix_cache_queries"), figures.get("prefix_cache_hits")
    if queries and hits is not None:
        figures["prefix_cache_hit_rate"] = round(hits / queries, 4)
    return figures


def _gauge(readings: Sequence[Reading], name: str) -> dict[str, float] | None:
    values = [reading.values[name] for reading in readings if name in reading.values]
    if not values:
        return None
    return {"mean": round(sum(values) / len(values), 4), "max": _plain(round(max(values), 4))}


def _increase(readings: Sequence[Reading], name: str) -> float | None:
    """From the first look to the last. A counter that the first did not have began at 0: engines show some of them only
    when there is something to count. One that fell began anew with its process."""
    if len(readings) < 2 or name not in readings[-1].values:
        return None
    first, last = readings[0].values.get(name, 0.0), readings[-1].values[name]
    increase = last - first if last >= first else last
    return _plain(increase)


def _plain(value: float) -> float:
    """A whole number without its `.0`."""
    return int(value) if value.is_integer() else value
