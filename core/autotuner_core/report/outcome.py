"""How a run ended, as a process tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autotuner_core.failures import TROUBLES, FailureGroup
from autotuner_core.report.ranker import ranking_of

if TYPE_CHECKING:
    from autotuner_core.run.run_state import RunState

WINNER, NO_WINNER, NO_CLUSTER, SIGNAL = 0, 1, 3, 128


def exit_code(state: RunState, strict: bool = False) -> int:
    """0: there is a winner (one that was scored and meets the SLO; with `strict`, and no experiment failed).

    1: there is none, or the run was ended by its surroundings, lost its access, broke, or has not ended.
    3: there was no access to the cluster at the start, so that nothing was begun.
    128 + the signal's number where a signal ended it: 130 for SIGINT, 143 for SIGTERM.
    """
    if state.end is None or not state.task:
        return NO_WINNER
    if state.end.signal:
        return SIGNAL + state.end.signal
    if state.end.reason == FailureGroup.ACCESS.value and not _anything_ended(state):
        return NO_CLUSTER
    if state.end.reason in TROUBLES:
        return NO_WINNER
    if strict and state.counts()["failed"]:
        return NO_WINNER
    try:
        return WINNER if ranking_of(state).best is not None else NO_WINNER
    except ValueError:  # an objective of a newer version: nothing is known to have won
        return NO_WINNER


def _anything_ended(state: RunState) -> bool:
    """Whether the run's last host came so far as to end an attempt."""
    since = state.host.seq if state.host is not None else 0
    return any(a.ended is not None and a.ended.seq > since for e in state.experiments.values() for a in e.attempts)
