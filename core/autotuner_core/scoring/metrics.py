"""The metrics by name: units, which way is better, which statistics they take. Plain data, no imports of ours.

A metric is named as a task file names it: a figure of a whole level (`output_throughput`) or a statistic over its
requests (`ttft.p95`, `e2e_latency.mean`). The same names are the keys of a level's figures on disk.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["minimize", "maximize"]

PERCENTILES = (25, 50, 75, 90, 95, 99)
STATISTICS = ("mean", "stddev", "min", "max", *(f"p{percent}" for percent in PERCENTILES))


@dataclass(frozen=True)
class Metric:
    """What a metric is. `unit` is a unit of measure ("s", "tokens/s") or empty; `per_request` metrics take one of
    STATISTICS after a dot; `direction` is the better way; `description` is one line for a person."""

    name: str
    unit: str
    direction: Direction
    per_request: bool
    description: str


def _table(*metrics: Metric) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


METRICS: Mapping[str, Metric] = _table(
    Metric("ttft", "s", "minimize", True, "Time to first token: from sending a request to its first piece of output."),
    Metric("tpot", "s", "minimize", True, "Time per output token after the first, as a mean within a request."),
    Metric("itl", "s", "minimize", True, "Inter-token latency: the gaps between two pieces of output of a request."),
    Metric("e2e_latency", "s", "minimize", True, "From sending a request to the end of its output."),
    Metric("output_latency", "s", "minimize", True, "From the first piece of output to the end of the output."),
    Metric("output_throughput", "tokens/s", "maximize", False, "Output tokens of all requests per second."),
    Metric("input_throughput", "tokens/s", "maximize", False, "Prompt tokens of answered requests per second."),
    Metric("total_throughput", "tokens/s", "maximize", False, "Prompt and output tokens per second."),
    Metric("request_throughput", "requests/s", "maximize", False, "Requests answered in full per second."),
    Metric("goodput", "requests/s", "maximize", False, "Requests per second that met every latency limit of the SLO."),
    Metric("output_throughput_per_gpu", "tokens/s", "maximize", False, "Output tokens per second and GPU."),
    Metric("total_throughput_per_gpu", "tokens/s", "maximize", False, "Prompt and output tokens per second and GPU."),
    Metric("request_throughput_per_gpu", "requests/s", "maximize", False, "Answered requests per second and GPU."),
    Metric("goodput_per_gpu", "requests/s", "maximize", False, "Goodput per GPU."),
    Metric("error_rate", "", "minimize", False, "Failed requests as a share of all that ended (0 to 1)."),
)

LATENCIES = ("ttft", "tpot", "e2e_latency", "output_latency")
"""The metrics of which a request has one value each (`scoring.request.Latencies` has them by these names); of
inter-token latencies it has many."""

PER_GPU = "_per_gpu"


@dataclass(frozen=True)
class ObjectiveWord:
    """An objective by one word, as the short form of a task file has it."""

    metric: str
    direction: Direction
    levels: Literal["best", "all"]


OBJECTIVE_WORDS: Mapping[str, ObjectiveWord] = {
    "minimize_latency": ObjectiveWord("e2e_latency.mean", "minimize", "all"),
    "maximize_throughput": ObjectiveWord("output_throughput", "maximize", "best"),
}


def metric_names() -> tuple[str, ...]:
    """Every full name that can be asked for: `ttft.p95`, `output_throughput`, ..."""
    names: list[str] = []
    for metric in METRICS.values():
        names += [f"{metric.name}.{s}" for s in STATISTICS] if metric.per_request else [metric.name]
    return tuple(names)


def metric_of(name: str) -> Metric:
    """The metric behind a full name. Raises ValueError, in words with the nearest right name, where there is none."""
    base, dot, statistic = name.partition(".")
    metric = METRICS.get(base)
    if metric is not None and metric.per_request and statistic in STATISTICS:
        return metric
    if metric is not None and not metric.per_request and not dot:
        return metric
    raise ValueError(_what_is_wrong(name, metric, statistic))


def _what_is_wrong(name: str, metric: Metric | None, statistic: str) -> str:
    if metric is None:
        near = difflib.get_close_matches(name, [*metric_names(), *METRICS], n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(METRICS)}"
        return f"unknown metric {name!r}; {hint}"
    if not metric.per_request:
        return f"{metric.name!r} is one figure per level and takes no {'.' + statistic!r}; write {metric.name!r}"
    known = ", ".join(STATISTICS)
    if not statistic:
        return f"{metric.name!r} needs a statistic, for example '{metric.name}.p95' or '{metric.name}.mean' ({known})"
    return f"{metric.name!r} has no statistic {statistic!r}; known are {known}"


def metric_value(figures: Mapping[str, Any], name: str) -> float | None:
    """The value of a metric in a level's figures (as on disk), or None where the level has none.

    Raises ValueError for a name that is no metric at all.
    """
    metric_of(name)
    value = figures.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
