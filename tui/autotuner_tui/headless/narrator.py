"""Events as lines that a person reads: what began, what came of it, and what to do where it failed.

A line per transition, not per event: queued experiments are counted, resources and single stages pass in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autotuner_core.report.format import duration, parameters
from autotuner_core.run import events as ev
from autotuner_core.run.experiment_state import AttemptState, ExperimentState
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.failure_words import failure_lines
from autotuner_tui.headless.level_words import level_ended, level_skipped
from autotuner_tui.headless.score_words import scored_line
from autotuner_tui.headless.words import plain


class Narrator:
    """Turns events into lines, in order. `lines` wants the state that has already taken the event."""

    def __init__(self) -> None:
        self._queued = 0
        self._began: dict[tuple[int, int], int] = {}

    def lines(self, event: ev.Event, state: RunState) -> list[str]:
        """The lines that this event is worth; often none."""
        if isinstance(event, ev.ExperimentQueued) and event.why != "by_hand":
            self._queued += 1
            return []
        told = self._queued_line(event)
        handler = _HANDLERS.get(type(event))
        return told + (handler(self, event, state) if handler else [])

    def _queued_line(self, event: ev.Event) -> list[str]:
        count, self._queued = self._queued, 0
        if not count:
            return []
        return [f"{count} experiment{'s' if count > 1 else ''} queued"]

    def _queued_by_hand(self, event: ev.ExperimentQueued, state: RunState) -> list[str]:
        return [f"exp {event.experiment} queued, by hand: {parameters(event.parameters)}"]

    # ---- run

    def _run_started(self, event: ev.RunStarted, state: RunState) -> list[str]:
        return [f"run {event.run_id} of task {plain(event.task.get('task_name', '?'))}"]

    def _host_started(self, event: ev.HostStarted, state: RunState) -> list[str]:
        preparing = "preparing the model, the tokenizer and the load generator"
        if not event.resumed:
            return [preparing]
        left = len(state.queue) + len(state.running)
        return [f"resumed: {left} of {len(state.experiments)} experiments still to be measured; {preparing}"]

    def _paused(self, event: ev.Paused, state: RunState) -> list[str]:
        """A person's pause is told by the command that asked for it."""
        return [] if event.by == "user" else [f"paused ({event.by}): {plain(event.reason, 1000)}"]

    def _resumed(self, event: ev.Resumed, state: RunState) -> list[str]:
        return [] if event.by == "user" else ["the pause is over"]

    def _stop_asked(self, event: ev.StopAsked, state: RunState) -> list[str]:
        """A person's stop is told by the command that asked for it."""
        how = "stop at once" if event.now else "stop"
        return [] if event.by == "user" else [f"asked to {how} by {plain(event.by, 40)}"]

    def _command(self, event: ev.CommandHandled, state: RunState) -> list[str]:
        refused = "" if event.outcome == "taken" else f", {plain(event.outcome)}"
        return [f"asked to {plain(event.command, 40)}{refused}: {plain(event.message)}"]

    def _note(self, event: ev.RunNote, state: RunState) -> list[str]:
        return [f"{event.level}: {plain(event.text, 1000)}"]

    def _ended(self, event: ev.RunEnded, state: RunState) -> list[str]:
        message = plain(event.message, 1000)
        because = message and (f" {message}" if message.startswith("by ") else f": {message}")
        return [
            f"run {state.run_id} {_ENDS.get(event.reason, event.reason)} after {duration(state.elapsed())}{because}"
        ]

    # ---- experiments

    def _skipped(self, event: ev.Skipped, state: RunState) -> list[str]:
        return [f"exp {event.experiment} skipped: {plain(event.reason)}"]

    def _attempt_started(self, event: ev.AttemptStarted, state: RunState) -> list[str]:
        experiment = state.experiments.get(event.experiment)
        if experiment is None:
            return []
        begun = sum(1 for other in state.experiments.values() if other.attempts)
        again = f", attempt {event.attempt}" if event.attempt > 1 else ""
        purpose = f" [{event.purpose}]" if event.purpose != "measure" else ""
        place = f"{begun} of {len(state.experiments)}{again}"
        return [f"exp {event.experiment} started ({place}){purpose}: {parameters(experiment.parameters)}"]

    def _attempt_adopted(self, event: ev.AttemptAdopted, state: RunState) -> list[str]:
        return [f"exp {event.experiment} goes on: its server outlived the last host"]

    def _stage(self, event: ev.StageChanged, state: RunState) -> list[str]:
        """The one stage worth a line is the first load: the server answers."""
        attempt = _attempt(state, event.experiment, event.attempt)
        if attempt is None or event.stage != "benchmarking":
            return []
        if [stage for stage, _ in attempt.stages].count("benchmarking") > 1:
            return []
        since = next((ts for stage, ts in attempt.stages if stage == "deploying"), attempt.started_at)
        return [f"exp {event.experiment} ready after {duration(max(0.0, event.ts - since))}"]

    def _cluster_event(self, event: ev.ClusterEventSeen, state: RunState) -> list[str]:
        if event.severity == "Normal":
            return []
        return [f"exp {event.experiment} {event.kind} {event.name}: {event.reason}: {plain(event.message)}"]

    def _level_ended(self, event: ev.LevelEnded, state: RunState) -> list[str]:
        if event.purpose == "warm_up":
            return []
        return [f"exp {event.experiment} {level_ended(event, state.planned_levels)}"]

    def _level_skipped(self, event: ev.LevelSkipped, state: RunState) -> list[str]:
        return [f"exp {event.experiment} {level_skipped(event, state.planned_levels)}"]

    def _attempt_ended(self, event: ev.AttemptEnded, state: RunState) -> list[str]:
        name = f"exp {event.experiment}"
        if event.outcome == "scored":
            return [f"{name} {scored_line(event, state)}"]
        if event.outcome == "failed":
            return failure_lines(name, event)
        return [f"{name} {event.outcome}{': ' + plain(event.message) if event.message else ''}"]


_ENDS = {
    "completed": "completed",
    "stopped": "stopped",
    "surroundings": "ended by its surroundings",
    "access": "ended: no access any more",
    "budget": "ended at its budget",
    "failed": "failed",
}

_HANDLERS: Mapping[type[ev.Event], Callable[[Narrator, Any, RunState], list[str]]] = {
    ev.RunStarted: Narrator._run_started,
    ev.HostStarted: Narrator._host_started,
    ev.Paused: Narrator._paused,
    ev.Resumed: Narrator._resumed,
    ev.StopAsked: Narrator._stop_asked,
    ev.CommandHandled: Narrator._command,
    ev.RunNote: Narrator._note,
    ev.RunEnded: Narrator._ended,
    ev.ExperimentQueued: Narrator._queued_by_hand,
    ev.Skipped: Narrator._skipped,
    ev.AttemptStarted: Narrator._attempt_started,
    ev.AttemptAdopted: Narrator._attempt_adopted,
    ev.StageChanged: Narrator._stage,
    ev.ClusterEventSeen: Narrator._cluster_event,
    ev.LevelEnded: Narrator._level_ended,
    ev.LevelSkipped: Narrator._level_skipped,
    ev.AttemptEnded: Narrator._attempt_ended,
}


def _attempt(state: RunState, experiment: int, attempt: int) -> AttemptState | None:
    found: ExperimentState | None = state.experiments.get(experiment)
    return found.attempt(attempt) if found else None
