"""What `benchmark.precision` does to the levels: when they end at the earliest, or why they never end by it."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.plan.draft import Draft
from autotuner_core.scoring.wanted import LEAST_SECONDS, can_be_told, fewest_to_end
from autotuner_core.task.problem import Problem, note, warning

_PLACE = ("benchmark", "precision")


def early_end_problems(draft: Draft) -> Iterator[Problem]:
    """That levels end between a least and a greatest number of requests, or that precision can end none of them."""
    precision = draft.task.benchmark.precision
    if precision is None or draft.in_job:
        return
    metric = draft.task.optimization.objective.metric
    if not can_be_told(metric):
        message = f"has no effect: how sure {metric} is cannot be told, so levels end by time and count"
        yield warning(
            _PLACE, message, "use an objective that is a rate, a mean or a percentile of latencies", "no_effect"
        )
        return
    yield _when(draft, metric, precision)


def _when(draft: Draft, metric: str, precision: float) -> Problem:
    metrics, validity = (metric, *draft.task.optimization.slo), draft.task.benchmark.validity
    cap = draft.task.benchmark.max_requests_per_iteration
    earliest = {level.concurrency: fewest_to_end(level, metrics, validity) for level in draft.measured}
    never = sorted(clients for clients, requests in earliest.items() if requests >= cap)
    if draft.measured[0].max_seconds <= LEAST_SECONDS:
        message = f"has no effect: it ends no level before {LEAST_SECONDS:g} s of load, and the levels are no longer"
        return warning(_PLACE, message, "raise benchmark.max_time_per_iteration (minutes)", "no_effect")
    cure = f"set benchmark.max_requests_per_iteration to more than {max(earliest.values())}" if never else ""
    if len(never) == len(earliest):
        least = min(earliest.values())
        message = f"has no effect: it would end a level after {least} requests at the earliest, and {cap} are its cap"
        return warning(_PLACE, message, cure, "no_effect")
    first = min(requests for requests in earliest.values() if requests < cap)
    message = (
        f"levels end when {metric} is known to ± {100 * precision:g} %: after {first} requests and {LEAST_SECONDS:g} s "
        "at the earliest, at their limits of time and count at the latest"
    )
    if never:
        message += f"; never before those at concurrency {', '.join(map(str, never))}"
    return note(_PLACE, message, cure, "ends_by_precision")
