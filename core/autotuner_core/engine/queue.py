"""The queue of a run: experiments that are known to come, in order, filled from the plan and from the search."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from autotuner_core.engine.ledger import Ledger
from autotuner_core.run.events import AttemptEnded, ExperimentQueued
from autotuner_core.run.run_state import RunState
from autotuner_core.search.base import Search, TrialOutcome, key_of


@dataclass(frozen=True)
class QueuedExperiment:
    """The next experiment to start. `purpose` is measure or baseline."""

    id: int
    parameters: Mapping[str, Any]
    purpose: str


class ExperimentQueue:
    """What is to be run, on top of the ledger: an experiment is in the queue when an event says so. `ids` are those
    that the plan gave to its configurations; others are numbered behind them. Thread-safe."""

    def __init__(self, ledger: Ledger, search: Search, planned: list[ExperimentQueued]) -> None:
        self._ledger, self._search = ledger, search
        self._planned = {key_of(event.parameters): event for event in planned}
        self._lock = threading.Lock()
        self._search_is_done = False
        self._restore()

    def refill(self) -> None:
        """Queue what the search proposes: everything at once, or no more than it wants to look ahead."""
        with self._lock:
            while not self._search_is_done and not self._is_full():
                configuration = self._search.ask()
                if configuration is None:
                    self._search_is_done = self._search.is_converged
                    return
                self._enqueue(configuration)

    def next(self, busy: Collection[int]) -> QueuedExperiment | None:
        """The first queued experiment that no thread has in hand."""
        return self._ledger.read(lambda state: _first(state, busy))

    def tell(self, experiment: int, ended: AttemptEnded) -> None:
        """Let the search know how an experiment ended. What was skipped or interrupted says nothing."""
        parameters = self._ledger.read(lambda state: state.experiments[experiment].parameters)
        with self._lock:
            if (outcome := TrialOutcome.of(ended)) is not None:
                self._search.tell(parameters, outcome)

    @property
    def exhausted(self) -> bool:
        """Whether nothing is queued and the search will propose nothing more."""
        with self._lock:
            return self._search_is_done and not self._ledger.read(lambda state: state.queue)

    def _is_full(self) -> bool:
        lookahead = self._search.lookahead
        return lookahead is not None and self._ledger.read(lambda state: len(state.queue)) >= lookahead

    def _enqueue(self, configuration: Mapping[str, Any]) -> None:
        planned = self._planned.get(key_of(configuration))
        if planned is None:
            number = 1 + max((e.experiment for e in self._planned.values()), default=0)
            planned = ExperimentQueued(experiment=number, parameters=configuration, why="search")
            self._planned[key_of(configuration)] = planned
        if not self._ledger.read(lambda state: planned.experiment in state.experiments):
            self._ledger.record(planned)

    def _restore(self) -> None:
        """After a resume: what was queued by then is known, what was measured is told to the search again."""
        for experiment in self._ledger.read(lambda state: list(state.experiments.values())):
            self._planned.setdefault(
                key_of(experiment.parameters),
                ExperimentQueued(experiment=experiment.id, parameters=experiment.parameters, why=experiment.why),
            )
            last = experiment.latest.ended if experiment.latest else None
            if experiment.status != "queued" and last and (outcome := TrialOutcome.of(last)) is not None:
                self._search.tell(experiment.parameters, outcome)


def _first(state: RunState, busy: Collection[int]) -> QueuedExperiment | None:
    for experiment in state.queue:
        if experiment.id not in busy:
            purpose = "baseline" if experiment.why == "baseline" else "measure"
            return QueuedExperiment(experiment.id, experiment.parameters, purpose)
    return None
