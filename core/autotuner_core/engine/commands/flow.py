"""Commands about the run as a whole: pause, resume, stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.control import Interruption
from autotuner_core.engine.commands.queued import queue_again
from autotuner_core.engine.commands.refused import Refused, flag, named, only
from autotuner_core.engine.orchestrator import servers_left
from autotuner_core.engine.stopping import record_stop
from autotuner_core.engine.trouble import failed_by_surroundings
from autotuner_core.failures import TROUBLES
from autotuner_core.run.events import Paused, Resumed
from autotuner_core.run.run_state import RunState

if TYPE_CHECKING:
    from autotuner_core.engine.commands.steering import Steering


def pause(run: Steering, arguments: Mapping[str, Any]) -> str:
    """Start nothing new; what is measured is finished."""
    only(arguments)
    _refuse_if_stopping(run)
    with run.ledger.held() as state:
        if state.paused is None:
            run.ledger.record(Paused(by="user"))
            return f"paused: nothing new starts; {_under_way(state)}"
        why = f" ({state.paused.reason})" if state.paused.reason else ""
        return f"it is paused already{why}; {_under_way(state)}"


def resume(run: Steering, arguments: Mapping[str, Any]) -> str:
    """End a pause, whoever made it. What the trouble failed that made it is measured again."""
    only(arguments)
    _refuse_if_stopping(run)
    with run.ledger.held() as state:
        if state.paused is None:
            return "it is not paused"
        cured = failed_by_surroundings(state) if state.paused.by in TROUBLES else []
        queue_again(run.ledger, [state.experiments[number] for number in cured])
        run.ledger.record(Resumed(by="user"))
        again = f"; {named(cured)}, which the trouble had failed, will be measured again" if cured else ""
        return f"the pause is over; {len(state.queue)} in the queue{again}"


def stop(run: Steering, arguments: Mapping[str, Any]) -> str:
    """Clean up and save, then end; asked once more, or with `now`, servers are killed instead of shut down. With `now`
    false they never are: it may be somebody else's stop that this one comes after."""
    only(arguments, "now")
    again = run.control.stopping in (Interruption.STOP, Interruption.STOP_NOW)
    at_once = flag(arguments, "now") or (again and "now" not in arguments)
    if again and not at_once:
        return "it is stopping already; `now` kills what is still under way"
    run.control.stop(Interruption.STOP_NOW if at_once else Interruption.STOP)
    record_stop(run.ledger, "user", at_once)
    state = run.ledger.read(lambda state: named([e.id for e in state.running]) if state.running else "")
    if at_once:
        return f"stopping at once: {f'what {state} started is killed' if state else 'nothing is under way'}"
    ending = f"what is under way ({state}) ends without a score and is cleaned up" if state else "nothing is under way"
    return f"stopping: nothing new starts, {ending}; ask once more to kill it at once"


def standing(state: RunState) -> str:
    """How the run stands, in a line."""
    counts = state.counts()
    done = len(state.experiments) - counts["queued"] - counts["running"]
    word = "ended" if state.end is not None else _word_under_way(state)
    return f"run {state.run_id} is {word}: {done} of {len(state.experiments)} experiments done; {_under_way(state)}"


def _word_under_way(state: RunState) -> str:
    return "stopping" if state.stopping is not None else "paused" if state.paused is not None else "running"


def _refuse_if_stopping(run: Steering) -> None:
    if run.control.stopping is not None:
        raise Refused("the run is being stopped; `autotuner-tui resume` goes on with it later")


def _under_way(state: RunState) -> str:
    running = [experiment.id for experiment in state.running]
    if running:
        verb = "are" if len(running) > 1 else "is"
        return f"{named(running)} {verb} under way" + (" and will be finished" if state.paused is not None else "")
    return servers_left(state)
