"""What a person at a live view could ask for now. Made from the fold; the keys and the line that tells them read it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autotuner_core.run.run_state import RunState


@dataclass(frozen=True)
class Situation:
    """`steerable`: the run's host lives on this machine and this view may steer it. `own`: the view of the call that
    started the run, whose Ctrl+C stops it. `skippable`, `repeatable`: how many
    of the chosen experiments can be skipped, and measured once more. `ended`: the run has an end. `resumable`: it has
    no host, and no end or experiments that were not measured. `at_first`: going back leaves the program."""

    steerable: bool = True
    own: bool = False
    paused: bool = False
    stopping: bool = False
    running: tuple[int, ...] = ()
    failed: int = 0
    ended: bool = False
    skippable: int = 0
    repeatable: int = 0
    resumable: bool = False
    at_first: bool = False


def situation_of(state: RunState, *, steerable: bool, own: bool, chosen: Collection[int] = ()) -> Situation:
    """What the record says, for this view and the experiments that are chosen in it."""
    statuses = [state.experiments[number].status for number in chosen if number in state.experiments]
    return Situation(
        steerable=steerable and state.end is None,
        own=own,
        paused=state.paused is not None,
        stopping=state.stopping is not None,
        running=tuple(experiment.id for experiment in state.running),
        failed=state.counts()["failed"],
        ended=state.end is not None,
        skippable=sum(status in ("queued", "running") for status in statuses),
        repeatable=sum(status not in ("queued", "running") for status in statuses),
    )
