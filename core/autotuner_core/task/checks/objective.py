"""The objective's metric and the limits of the SLO, against the metrics that there are."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.scoring.metrics import metric_of
from autotuner_core.task.model import Task
from autotuner_core.task.place import Place, quoted, shown
from autotuner_core.task.problem import Problem, warning

_MILLISECONDS = {"ttft": 60.0, "tpot": 5.0, "itl": 5.0, "e2e_latency": 3600.0, "output_latency": 3600.0}
"""Limits above these seconds were probably meant as milliseconds."""


def check_objective(task: Task) -> Iterator[Problem]:
    """A known metric, in its sensible direction."""
    objective, place = task.optimization.objective, ("optimization", "objective")
    try:
        metric = metric_of(objective.metric)
    except ValueError as error:
        yield _unknown((*place, "metric"), error)
        return
    if objective.direction != metric.direction:
        message = f"{objective.direction} {objective.metric}? Better is to {metric.direction} it"
        yield warning((*place, "direction"), message, f'"{metric.direction}" is usual', "unusual_direction")


def check_goodput(task: Task) -> Iterator[Problem]:
    """Goodput is counted against the limits of the SLO."""
    if task.optimization.objective.metric.startswith("goodput") and not task.optimization.slo:
        message = "goodput counts the requests that meet the slo, and there is none"
        cure = 'give optimization.slo, for example {"ttft.p95": 0.5}'
        yield Problem(("optimization", "objective", "metric"), message, cure)


def check_slo(task: Task) -> Iterator[Problem]:
    """Limits on latencies by a known statistic, in seconds."""
    for name, limit in task.optimization.slo.items():
        place: Place = ("optimization", "slo", name)
        try:
            metric = metric_of(name)
        except ValueError as error:
            yield _unknown(place, error, at_key=True)
            continue
        if metric.direction == "maximize":
            message = f"an upper limit on {name}, of which more is better, makes no sense"
            cure = "limit latencies here; a throughput belongs in the objective"
            yield Problem(place, message, cure, at_key=True)
        elif limit > _MILLISECONDS.get(metric.name, float("inf")):
            message = f"{shown(limit)} seconds is long; were milliseconds meant?"
            yield warning(place, message, f"{quoted(limit)} ms are {quoted(limit / 1000)}", "milliseconds")


def _unknown(place: Place, error: ValueError, *, at_key: bool = False) -> Problem:
    message, _, cure = str(error).partition("; ")
    return Problem(place, message, cure, code="metric", at_key=at_key)
