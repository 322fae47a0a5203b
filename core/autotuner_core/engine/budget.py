"""The hard limits of a run: `max_hours` and `max_gpu_hours`. Nothing starts that the forecast puts beyond them, and at
the limit what runs is ended. Time is the wall's: a night ends in the morning, and GPUs that are held are paid for, also
where the machine was suspended meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from autotuner_core.run.run_state import RunState

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Budget:
    """Limits in hours and GPU-hours (None: no limit). `usual_seconds` is the plan's lowest forecast of one experiment,
    used until experiments of this run tell better."""

    max_hours: float | None
    max_gpu_hours: float | None
    usual_seconds: float

    def experiment_seconds(self, state: RunState) -> float:
        """What one experiment takes: the median of those finished in this run, or the plan's forecast."""
        finished = [
            a.seconds(a.ended_at or 0.0)
            for e in state.experiments.values()
            for a in e.attempts
            if a.outcome == "scored"
        ]
        return median(finished) if finished else self.usual_seconds

    def spent(self, state: RunState, now: float) -> str | None:
        """Which limit is reached, in words."""
        if self.max_hours is not None and state.elapsed(now) >= self.max_hours * SECONDS_PER_HOUR:
            return f"max_hours ({self.max_hours:g}) is reached"
        if self.max_gpu_hours is not None and state.gpu_seconds(now) >= self.max_gpu_hours * SECONDS_PER_HOUR:
            return f"max_gpu_hours ({self.max_gpu_hours:g}) is reached"
        return None

    def refuses(self, state: RunState, now: float, gpu_count: float) -> str | None:
        """Why one more experiment with so many GPUs must not start, in words, if it must not."""
        one = self.experiment_seconds(state)
        if self.max_hours is not None and state.elapsed(now) + one > self.max_hours * SECONDS_PER_HOUR:
            return f"another experiment of about {one:.0f} s would go beyond max_hours ({self.max_hours:g})"
        if self.max_gpu_hours is None or not gpu_count:
            return None
        under_way = sum(
            a.gpu_count * max(0.0, one - a.seconds(now))
            for e in state.running
            if (a := e.latest) is not None and a.ended is None
        )
        if state.gpu_seconds(now) + under_way + one * gpu_count > self.max_gpu_hours * SECONDS_PER_HOUR:
            return (
                f"another experiment of about {one:.0f} s on {gpu_count:g} GPUs would go beyond "
                f"max_gpu_hours ({self.max_gpu_hours:g})"
            )
        return None

    def seconds_left(self, state: RunState, now: float) -> float | None:
        """How long what runs may go on before a limit is reached; None without limits."""
        left = []
        if self.max_hours is not None:
            left.append(self.max_hours * SECONDS_PER_HOUR - state.elapsed(now))
        held = sum(a.gpu_count for e in state.running if (a := e.latest) is not None and a.ended is None)
        if self.max_gpu_hours is not None and held:
            left.append((self.max_gpu_hours * SECONDS_PER_HOUR - state.gpu_seconds(now)) / held)
        return max(0.0, min(left)) if left else None
