"""What an engine's `/metrics` says, in our names: the Prometheus text format read for the few figures that we keep."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autotuner_core.engines.metric_names import ENGINE_FIGURES, SAME_WORK_LABELS, EngineFigure, MetricTable
from autotuner_core.engines.profile import PROFILE_NAMES, Profile, profile_for

Sample = tuple[Mapping[str, str], float]
"""Labels and value."""


@dataclass(frozen=True)
class Reading:
    """One look: the engine whose names these are, and its figures."""

    engine: str
    values: Mapping[str, float] = field(default_factory=dict)


def tables_for(profile: Profile | None) -> dict[str, MetricTable]:
    """The names to look for, by engine: those of the profile, or all that we know where the engine is not known."""
    profiles = [profile] if profile is not None else [profile_for(name) for name in PROFILE_NAMES]
    return {known.name: known.metrics for known in profiles}


def read_metrics(text: str, tables: Mapping[str, MetricTable]) -> Reading | None:
    """The figures of the first engine that has any on this page; None where none has. Raises ValueError where the page
    is not in the Prometheus text format."""
    samples = _samples(text, {name for table in tables.values() for name in _names(table)})
    for engine, table in tables.items():
        if values := _figures(samples, table):
            return Reading(engine, values)
    return None


def _names(table: MetricTable) -> Iterable[str]:
    return (name for entry in table.values() for group in entry.names for name in group)


def _samples(text: str, wanted: set[str]) -> dict[str, list[Sample]]:
    """The wanted metrics alone: vLLM's and SGLang's pages have thousands of lines of histograms."""
    from prometheus_client.parser import text_string_to_metric_families  # brings an HTTP server along

    beginnings = tuple(wanted)
    lines = "".join(f"{line}\n" for line in text.splitlines() if line.startswith(beginnings))
    found: dict[str, list[Sample]] = defaultdict(list)
    for family in text_string_to_metric_families(lines):
        for sample in family.samples:
            if sample.name in wanted and math.isfinite(sample.value):
                found[sample.name].append((sample.labels, float(sample.value)))
    return found


def _figures(samples: Mapping[str, list[Sample]], table: MetricTable) -> dict[str, float]:
    values: dict[str, float] = {}
    for figure, entry in table.items():
        group = next((group for group in entry.names if all(name in samples for name in group)), None)
        if group is not None:
            values[figure] = sum(_one_value(samples[name], ENGINE_FIGURES[figure]) for name in group)
    return values


def _one_value(samples: list[Sample], figure: EngineFigure) -> float:
    """Processes that work on the same requests tell the same; what is left are copies, and kinds of one thing."""
    apart: dict[frozenset[tuple[str, str]], float] = {}
    for labels, value in samples:
        key = frozenset(item for item in labels.items() if item[0] not in SAME_WORK_LABELS)
        apart[key] = max(value, apart.get(key, value))
    return max(apart.values()) if figure.across == "max" else sum(apart.values())
