"""What a person at a live view could ask for now. Made from the fold; the keys and the line that tells them read it."""

from __future__ import annotations

from dataclasses import dataclass

from autotuner_core.run.run_state import RunState


@dataclass(frozen=True)
class Situation:
    """`steerable`: the run's host lives on this machine and this view may steer it. `own`: the view of the call that
    started the run, whose Ctrl+C stops it. `keys`: whether keys can be read at all."""

    steerable: bool = True
    own: bool = False
    keys: bool = True
    paused: bool = False
    stopping: bool = False
    running: tuple[int, ...] = ()
    failed: int = 0


def situation_of(state: RunState, *, steerable: bool, own: bool, keys: bool, stopping: bool) -> Situation:
    """`stopping`: this view has asked for the end; another one's asking is in the record."""
    return Situation(
        steerable=steerable and state.end is None,
        own=own,
        keys=keys,
        paused=state.paused is not None,
        stopping=stopping or _stop_was_taken(state),
        running=tuple(experiment.id for experiment in state.running),
        failed=state.counts()["failed"],
    )


def _stop_was_taken(state: RunState) -> bool:
    since = state.taken_in_hand
    return any(
        handled.command == "stop" and handled.outcome == "taken" and handled.seq > since
        for handled in state.commands.values()
    )
