"""When a run should not go on by itself: the same trouble of the surroundings again and again, or lost access."""

from __future__ import annotations

from dataclasses import dataclass

from autotuner_core.failures import FailureCause, FailureGroup
from autotuner_core.run.events import AttemptEnded
from autotuner_core.run.run_state import RunState

IN_A_ROW = 3

OF_ALL = frozenset({FailureCause.STORAGE_FULL})
"""Causes of the surroundings that no other experiment can escape: one is enough."""


@dataclass(frozen=True)
class Trouble:
    """Why the run must not go on as it is. `by` is `surroundings` or `access`."""

    by: str
    message: str


def trouble_of(state: RunState) -> Trouble | None:
    """The trouble that the attempts show which ended since the run was last taken in hand, paused or resumed.

    Three different experiments in a row that failed by the same cause of the surroundings, with no success between;
    or one that failed by a cause of the access, or by one that hits all experiments.
    """
    ended = _final_ends(state)
    if ended and (cause := _cause(ended[-1])) and cause.group is FailureGroup.ACCESS:
        return Trouble(FailureGroup.ACCESS.value, f"{cause.value}: {ended[-1].message}")
    if ended and _cause(ended[-1]) in OF_ALL:
        words = (f"{ended[-1].cause}: {ended[-1].message}".rstrip("."), ended[-1].cure)
        return Trouble(FailureGroup.SURROUNDINGS.value, ". ".join(filter(None, words)))
    if len(ended) < IN_A_ROW:
        return None
    causes = {_cause(end) for end in ended[-IN_A_ROW:]}
    cause = causes.pop()
    if causes or cause is None or cause.group is not FailureGroup.SURROUNDINGS:
        return None
    last = ended[-1]
    cure = f" {last.cure}" if last.cure else ""
    return Trouble(
        FailureGroup.SURROUNDINGS.value,
        f"{IN_A_ROW} experiments in a row failed by {cause.value}, which is not of their configurations. "
        f"The last one: {last.message}{cure}",
    )


def failed_by_surroundings(state: RunState) -> list[int]:
    """The experiments whose last attempt failed by its surroundings: once those are cured it says nothing of the
    configuration, and they are measured again."""
    failed = [e for e in state.experiments.values() if e.status == "failed" and e.latest and e.latest.ended]
    causes = {e.id: _cause(e.latest.ended) for e in failed if e.latest and e.latest.ended}
    return [number for number, cause in causes.items() if cause and cause.group is FailureGroup.SURROUNDINGS]


def _final_ends(state: RunState) -> list[AttemptEnded]:
    """The last scored or failed attempt of every experiment, in the order of their ends. Those that are to be tried
    again have not failed yet; skipped and interrupted ones say nothing."""
    ends: list[AttemptEnded] = []
    for experiment in state.experiments.values():
        ended = [a.ended for a in experiment.attempts if a.ended and a.ended.outcome in ("scored", "failed")]
        if ended and not ended[-1].will_retry and ended[-1].seq > state.taken_in_hand:
            ends.append(ended[-1])
    return sorted(ends, key=lambda end: end.seq)


def _cause(end: AttemptEnded) -> FailureCause | None:
    try:
        return FailureCause(end.cause) if end.cause else None
    except ValueError:
        return None
