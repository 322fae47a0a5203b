"""Commands about experiments that are known: skip, re-run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.engine.commands.refused import Refused, flag, named, numbers, only
from autotuner_core.engine.ledger import Ledger
from autotuner_core.run.events import ExperimentQueued, SkipAsked, Skipped
from autotuner_core.run.experiment_state import ExperimentState
from autotuner_core.run.run_state import RunState

if TYPE_CHECKING:
    from autotuner_core.engine.commands.steering import Steering


def skip(run: Steering, arguments: Mapping[str, Any]) -> str:
    """Leave experiments out: queued ones are not run, running ones are ended without a score."""
    only(arguments, "experiments")
    with run.ledger.held() as state:
        chosen = [_known(state, number) for number in numbers(arguments)]
        for experiment in chosen:
            _refuse_if_past(experiment)
        for experiment in chosen:
            if experiment.status == "running" and experiment.latest is not None:
                run.ledger.record(SkipAsked(experiment=experiment.id, attempt=experiment.latest.attempt))
                run.control.skip(experiment.id)
            else:
                run.ledger.record(Skipped(experiment=experiment.id, reason="by command"))
    ending = [e.id for e in chosen if e.status == "running"]
    left_out = [e.id for e in chosen if e.status != "running"]
    said = [f"{named(left_out)} will not be run"] if left_out else []
    said += [f"{named(ending)} ends now without a score, and is cleaned up"] if ending else []
    return "; ".join(said)


def rerun(run: Steering, arguments: Mapping[str, Any]) -> str:
    """Measure experiments once more, as new attempts: at the end of the queue, or (`first`) before all others."""
    only(arguments, "experiments", "failed", "first")
    first = flag(arguments, "first")
    if run.control.stopping is not None:
        raise Refused("the run is being stopped; `autotuner-tui resume --rerun` measures them again later")
    with run.ledger.held() as state:
        chosen = _failed(state) if flag(arguments, "failed") else [_known(state, n) for n in numbers(arguments)]
        for experiment in chosen:
            if experiment.status == "running":
                raise Refused(f"experiment {experiment.id} is under way: skip it first, or wait for its end")
        moved = [e.id for e in chosen if e.status == "queued" and not e.attempts]
        again = [e.id for e in chosen if e.id not in moved]
        queue_again(run.ledger, chosen, first=first)
        when = "before all others" if first else "at the end of the queue"
        paused = "; the run is paused: nothing starts before it is resumed" if state.paused is not None else ""
        return f"{'; '.join(_what_is_done(moved, again, when))}{paused}"


def queue_again(ledger: Ledger, chosen: list[ExperimentState], *, first: bool = False) -> None:
    """Enter them into the queue, in their order. Raises JournalWriteError."""
    for experiment in reversed(chosen) if first else chosen:
        again = ExperimentQueued(
            experiment=experiment.id, parameters=experiment.parameters, why=experiment.why, first=first
        )
        ledger.record(again)


def _what_is_done(moved: list[int], again: list[int], when: str) -> list[str]:
    done = [f"{named(again)} will be measured once more, {when}"] if again else []
    return done + ([f"{named(moved)}, not measured yet, will be measured {when}"] if moved else [])


def _known(state: RunState, number: int) -> ExperimentState:
    experiment = state.experiments.get(number)
    if experiment is None:
        known = f"1 to {max(state.experiments)}" if state.experiments else "none yet"
        raise Refused(f"there is no experiment {number}; known are {known}")
    return experiment


def _failed(state: RunState) -> list[ExperimentState]:
    failed = [experiment for experiment in state.experiments.values() if experiment.status == "failed"]
    if not failed:
        raise Refused("no experiment has failed")
    return failed


def _refuse_if_past(experiment: ExperimentState) -> None:
    if experiment.status == "running":
        latest = experiment.latest
        if latest is not None and any(stage == "collecting" for stage, _ in latest.stages):
            raise Refused(f"experiment {experiment.id} is measured already, and being cleaned up")
    elif experiment.status != "queued":
        raise Refused(f"experiment {experiment.id} has its end already ({experiment.status})")
