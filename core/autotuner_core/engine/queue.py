"""The queue of a run: experiments that are known to come, in order, filled from the plan and from the search."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from autotuner_core.engine.ledger import Ledger
from autotuner_core.run.events import AttemptEnded, ExperimentQueued
from autotuner_core.run.experiment_state import ExperimentState
from autotuner_core.run.run_state import RunState
from autotuner_core.search.base import Search, TrialOutcome, key_of

FIRST_BACK_OFF_SECONDS = 1.0
LONGEST_BACK_OFF_SECONDS = 60.0
"""A failure of the surroundings is tried again after 1, 2, 4, ... seconds; others of the queue go on meanwhile."""


@dataclass(frozen=True)
class QueuedExperiment:
    """The next experiment to start. `purpose` is measure or baseline; `failed_tries` went before this attempt."""

    id: int
    parameters: Mapping[str, Any]
    purpose: str
    attempt: int
    failed_tries: int


class ExperimentQueue:
    """What is to be run, on top of the ledger: an experiment is in the queue when an event says so. `ids` are those
    that the plan gave to its configurations; others are numbered behind them.
    Thread-safe, by the ledger's own lock: what is looked at and what is recorded belong together."""

    def __init__(self, ledger: Ledger, search: Search, planned: list[ExperimentQueued]) -> None:
        self._ledger, self._search = ledger, search
        self._planned = {key_of(event.parameters): event for event in planned}
        self._search_is_done = False
        self._restore()

    def refill(self) -> None:
        """Queue what the search proposes: everything at once, or no more than it wants to look ahead."""
        with self._ledger.held():
            while not self._search_is_done and not self._is_full():
                configuration = self._search.ask()
                if configuration is None:
                    self._search_is_done = self._search.is_converged
                    return
                self._enqueue(configuration)

    def next(self, busy: Collection[int], now: float) -> QueuedExperiment | None:
        """The first queued experiment that no thread has in hand, and whose back-off is over at `now` (seconds since
        the epoch)."""
        return self._ledger.read(lambda state: _first(state, busy, now))

    def seconds_to_next_try(self, now: float) -> float | None:
        """Until the first back-off is over; None where nothing waits for one."""
        left = self._ledger.read(lambda state: [due - now for e in state.queue if (due := due_at(e)) > now])
        return min(left, default=None)

    def add(self, parameters: Mapping[str, Any], *, first: bool) -> int:
        """Queue a configuration by hand; the number that it got. Raises JournalWriteError."""
        with self._ledger.held():
            planned = self._numbered(parameters, "by_hand", first)
            self._ledger.record(planned)
            self._planned[key_of(parameters)] = planned
        return planned.experiment

    def number_of(self, parameters: Mapping[str, Any]) -> int | None:
        """The number that this configuration has already, queued or not."""
        with self._ledger.held():
            known = self._planned.get(key_of(parameters))
        return known.experiment if known is not None else None

    def tell(self, experiment: int, ended: AttemptEnded) -> None:
        """Let the search know how an experiment ended. What was skipped or interrupted says nothing."""
        parameters = self._ledger.read(lambda state: state.experiments[experiment].parameters)
        with self._ledger.held():
            if (outcome := TrialOutcome.of(ended)) is not None:
                self._search.tell(parameters, outcome)

    @property
    def exhausted(self) -> bool:
        """Whether nothing is queued and the search will propose nothing more."""
        with self._ledger.held():
            return self._search_is_done and not self._ledger.read(lambda state: state.queue)

    def _is_full(self) -> bool:
        lookahead = self._search.lookahead
        return lookahead is not None and self._ledger.read(lambda state: len(state.queue)) >= lookahead

    def _enqueue(self, configuration: Mapping[str, Any]) -> None:
        planned = self._planned.get(key_of(configuration)) or self._numbered(configuration, "search", first=False)
        self._planned[key_of(configuration)] = planned
        if not self._ledger.read(lambda state: planned.experiment in state.experiments):
            self._ledger.record(planned)

    def _numbered(self, configuration: Mapping[str, Any], why: str, first: bool) -> ExperimentQueued:
        number = 1 + max((e.experiment for e in self._planned.values()), default=0)
        return ExperimentQueued(experiment=number, parameters=configuration, why=why, first=first)

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


def due_at(experiment: ExperimentState) -> float:
    """When it may be tried (seconds since the epoch): at once, or after the back-off of the failure before."""
    failed, last = experiment.failed_tries, experiment.latest
    if not failed or last is None or last.ended is None or not last.ended.will_retry:
        return 0.0
    return last.ended.ts + min(LONGEST_BACK_OFF_SECONDS, FIRST_BACK_OFF_SECONDS * 2.0 ** (failed - 1))


def _first(state: RunState, busy: Collection[int], now: float) -> QueuedExperiment | None:
    for experiment in state.queue:
        if experiment.id not in busy and due_at(experiment) <= now:
            return QueuedExperiment(
                experiment.id,
                experiment.parameters,
                purpose="baseline" if experiment.why == "baseline" else "measure",
                attempt=experiment.latest.attempt + 1 if experiment.latest else 1,
                failed_tries=experiment.failed_tries,
            )
    return None
