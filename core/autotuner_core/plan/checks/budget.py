"""Time and GPU-hours: what a run may take, and whether it fits what it is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.plan.draft import Draft
from autotuner_core.plan.forecast import benchmark_limit, load_seconds_at_most
from autotuner_core.task.problem import Problem, note, warning

_LONG_LEVEL_MINUTES = 60
_SHORT_START_SECONDS = 60
_HOUR = 3600


def budget_problems(draft: Draft) -> Iterator[Problem]:
    """Units that are easily mixed up, a benchmark limit that its levels do not fit, budgets that are too small."""
    yield from _levels_multiply(draft)
    yield from _units(draft)
    yield from _benchmark_timeout(draft)
    yield from _hours(draft)
    yield from _gpu_hours(draft)


def duration(seconds: float) -> str:
    """Seconds as a person says them: `40 s`, `12 min`, `2.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / _HOUR:.1f} h"


def _levels_multiply(draft: Draft) -> Iterator[Problem]:
    task, count = draft.task, len(draft.measured)
    minutes = task.benchmark.max_time_per_iteration
    ready = task.optimization.timeout_per_iteration
    if minutes * 60 * count > ready:
        yield note(
            ("benchmark", "max_time_per_iteration"),
            f"minutes, and for each level: {count} levels of up to {minutes:g} min are up to "
            f"{duration(minutes * 60 * count)} of load per configuration; timeout_per_iteration ({ready:g} s) limits "
            "only the wait until the engine answers",
            code="levels_multiply",
        )


def _units(draft: Draft) -> Iterator[Problem]:
    task = draft.task
    minutes = task.benchmark.max_time_per_iteration
    if minutes >= _LONG_LEVEL_MINUTES:
        yield warning(
            ("benchmark", "max_time_per_iteration"),
            f"is in minutes: a level may take {duration(minutes * 60)}",
            f"if {minutes:g} seconds were meant, write {minutes / 60:.4g}",
            "minutes_not_seconds",
        )
    quick = task.backend == "local" and (task.local is None or task.local.engine not in ("sglang", "vllm"))
    if task.optimization.timeout_per_iteration < _SHORT_START_SECONDS and not quick:
        seconds = task.optimization.timeout_per_iteration
        yield warning(
            ("optimization", "timeout_per_iteration"),
            f"is in seconds: an engine that takes more than {seconds:g} s to load its model fails",
            f"if {seconds:g} minutes were meant, write {seconds * 60:g}",
            "seconds_not_minutes",
        )


def _benchmark_timeout(draft: Draft) -> Iterator[Problem]:
    limit, most = benchmark_limit(draft.task), load_seconds_at_most(draft.task)
    if limit < most:
        yield warning(
            ("benchmark", "timeout"),
            f"{limit:g} s are less than the levels of one configuration may take together ({duration(most)}): "
            "slow configurations are cut before they are measured",
            f"allow {most:.0f}, or lower max_time_per_iteration (minutes for each level)",
            "benchmark_timeout_short",
        )


def _hours(draft: Draft) -> Iterator[Problem]:
    hours, forecast = draft.task.optimization.max_hours, draft.forecast
    if hours is None or not draft.experiments:
        return
    place = ("optimization", "max_hours")
    if forecast.experiment.low > hours * _HOUR:
        yield _never_starts(place, forecast.experiment.low, f"{hours:g} hours")
    elif forecast.total.high > hours * _HOUR:
        sure = int(hours * _HOUR // forecast.experiment.high) * forecast.parallel
        yield warning(
            place,
            f"{hours:g} hours are sure to be enough for {min(sure, forecast.experiments)} of {forecast.experiments} "
            f"experiments; all of them take from {duration(forecast.total.low)} to {duration(forecast.total.high)}",
            "raise it, or lower max_iterations, max_time_per_iteration or timeout_per_iteration",
            "over_budget",
        )


def _gpu_hours(draft: Draft) -> Iterator[Problem]:
    budget, forecast = draft.task.optimization.max_gpu_hours, draft.forecast
    if budget is None or not draft.experiments:
        return
    place = ("optimization", "max_gpu_hours")
    fewest = min(experiment.gpu_count for experiment in draft.experiments)
    most = max(experiment.gpu_count for experiment in draft.experiments)
    if most <= 0:
        yield warning(place, "has no effect: the experiments take no GPUs", "remove it", "no_effect")
    elif fewest * forecast.experiment.low > budget * _HOUR:
        yield _never_starts(place, forecast.experiment.low, f"{budget:g} GPU-hours")
    elif forecast.gpu_hours.high > budget:
        yield warning(
            place,
            f"{budget:g} GPU-hours may not be enough: all experiments take from {forecast.gpu_hours.low:.2g} to "
            f"{forecast.gpu_hours.high:.3g}",
            "raise it, or lower max_iterations, max_time_per_iteration or timeout_per_iteration",
            "over_budget",
        )


def _never_starts(place: tuple[str, str], seconds: float, budget: str) -> Problem:
    return Problem(
        place,
        f"nothing would be started: one experiment takes {duration(seconds)} at least, which {budget} do not allow",
        "raise it, or lower max_requests_per_iteration or the number of levels",
        code="budget_too_small",
    )
