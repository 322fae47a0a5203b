"""How long a run may still take: from what its experiments took so far, and before the first one from the plan."""

from __future__ import annotations

from autotuner_core.run.run_state import RunState


def remaining_seconds(state: RunState, now: float) -> float | None:
    """Seconds until the last experiment ends, or None where neither plan nor past says anything.

    Experiments are taken to be alike: the mean duration of the attempts that counted, times those still to be run,
    less what those under way have done, shared by as many as run at a time.
    """
    each = _seconds_each(state)
    if each is None or not state.experiments:
        return None
    left = each * len(state.queue)
    for experiment in state.running:
        so_far = experiment.latest.seconds(now) if experiment.latest else 0.0
        left += max(0.0, each - so_far)
    return left / _at_a_time(state)


def _seconds_each(state: RunState) -> float | None:
    counted = [
        attempt.seconds(attempt.ended_at or 0.0)
        for experiment in state.experiments.values()
        for attempt in experiment.attempts
        if attempt.outcome == "scored"
    ]
    if counted:
        return sum(counted) / len(counted)
    return _forecast_each(state)


def _forecast_each(state: RunState) -> float | None:
    forecast = state.plan.get("forecast")
    seconds = forecast.get("experiment_seconds") if isinstance(forecast, dict) else None
    return float(seconds) if isinstance(seconds, (int, float)) else None


def _at_a_time(state: RunState) -> int:
    optimization = state.task.get("optimization")
    parallel = optimization.get("max_parallel") if isinstance(optimization, dict) else None
    return max(1, min(parallel if isinstance(parallel, int) else 1, len(state.running) + len(state.queue)))
