"""How long a run may still take: by what its experiments took so far, and before the first has ended by the plan."""

from __future__ import annotations

from dataclasses import dataclass

from autotuner_core.plan.remaining import remaining_seconds
from autotuner_core.report.format import duration
from autotuner_core.run.run_state import RunState


@dataclass(frozen=True)
class Remaining:
    """Seconds that are left. `measured` is False where only the plan's lower bound is known."""

    seconds: float
    measured: bool

    def in_words(self) -> str:
        """`about 3 min 10 s left`, or `at least ...` before the first experiment has ended."""
        return f"{'about' if self.measured else 'at least'} {duration(self.seconds)} left"


def remaining(state: RunState, now: float) -> Remaining | None:
    """Until the last experiment ends: those under way, then the queue. None where nothing is known."""
    durations, fallback = _durations(state), _forecast_low(state)
    if (not durations and fallback is None) or not state.experiments or state.end is not None:
        return None
    each = remaining_seconds(durations, 1, 1, fallback or 0.0)
    queued = remaining_seconds(durations, len(state.queue), _at_a_time(state), fallback or 0.0)
    so_far = [experiment.latest.seconds(now) for experiment in state.running if experiment.latest is not None]
    under_way = max((each - seconds for seconds in so_far), default=0.0)
    return Remaining(queued + max(0.0, under_way), measured=bool(durations))


def _durations(state: RunState) -> list[float]:
    """Seconds of the attempts that were scored, in the order of their ends."""
    attempts = (attempt for experiment in state.experiments.values() for attempt in experiment.attempts)
    scored = [(attempt.ended_at or 0.0, attempt) for attempt in attempts if attempt.outcome == "scored"]
    return [attempt.seconds(ended) for ended, attempt in sorted(scored, key=lambda pair: pair[0])]


def _forecast_low(state: RunState) -> float | None:
    try:
        return float(state.plan["forecast"]["experiment"]["low"])
    except (KeyError, TypeError, ValueError):
        return None


def _at_a_time(state: RunState) -> int:
    try:
        return max(1, int(state.plan["forecast"]["parallel"]))
    except (KeyError, TypeError, ValueError):
        return 1
