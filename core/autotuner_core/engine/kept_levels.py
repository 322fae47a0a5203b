"""Levels that a host finished before it died, of an attempt whose server outlived it: they are not measured again."""

from __future__ import annotations

from autotuner_core.run.events import LevelEnded
from autotuner_core.run.run_state import RunState
from autotuner_core.scoring.level import JudgedLevel
from autotuner_core.scoring.verdict import Verdict

_MEASURED_AGAIN = (Verdict.CUT, Verdict.CLIENT_BOUND)
"""One that was cut; one that may have been about to be shared by more load generators."""


def finished_levels(state: RunState, experiment: int, attempt: int) -> dict[int, JudgedLevel | None]:
    """The finished levels of an attempt, by index; None for the warm-up, which is not judged. Empty for a new one."""
    found = state.experiments.get(experiment)
    known = found.attempt(attempt) if found is not None else None
    ended = [level.ended for level in known.levels.values() if level.ended is not None] if known is not None else []
    return {event.level: _judged(event) for event in ended if Verdict(event.verdict) not in _MEASURED_AGAIN}


def _judged(event: LevelEnded) -> JudgedLevel | None:
    return None if event.purpose == "warm_up" else JudgedLevel.of_event(event)
