"""How a run ended, as a process tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autotuner_core.failures import TROUBLES
from autotuner_core.report.ranking import ranking_of

if TYPE_CHECKING:
    from autotuner_core.run.run_state import RunState

WINNER, NO_WINNER, SIGNAL = 0, 1, 128


def exit_code(state: RunState, strict: bool = False) -> int:
    """0: there is a winner (one that was scored and meets the SLO; with `strict`, and no experiment failed).

    1: there is none, or the run was ended by its surroundings, lost its access, broke, or has not ended.
    128 + the signal's number where a signal ended it: 130 for SIGINT, 143 for SIGTERM.
    """
    if state.end is None or not state.task:
        return NO_WINNER
    if state.end.signal:
        return SIGNAL + state.end.signal
    if state.end.reason in TROUBLES:
        return NO_WINNER
    if strict and state.counts()["failed"]:
        return NO_WINNER
    return WINNER if ranking_of(state).best is not None else NO_WINNER
