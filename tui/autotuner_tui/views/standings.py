"""The ranking of a run that goes on, made anew only when it can have become another one."""

from __future__ import annotations

from autotuner_core.run.experiment_state import ExperimentState
from autotuner_core.run.run_state import RunState
from autotuner_tui.views.experiments import Standings


class StandingsNow:
    """`version` is another number with each ranking."""

    def __init__(self) -> None:
        self.standings = Standings(-1, None)
        self.version = 0
        self._ends: object = None

    def follow(self, state: RunState) -> None:
        """Bring it up to date; called on every tick."""
        ends = [_end(experiment) for experiment in state.experiments.values()]
        if ends != self._ends:
            self._ends, self.standings = ends, Standings.of(state)
            self.version += 1


def _end(experiment: ExperimentState) -> object:
    """Another value when what it has come to may be another."""
    ended = experiment.status not in ("queued", "running")
    return (experiment.status, len(experiment.attempts)) if ended or experiment.scored is not None else None
