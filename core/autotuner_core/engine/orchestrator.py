"""AutotunerOrchestrator: one coordinator asks the search and hands out experiments, one thread per experiment under
way carries it out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from autotuner_core.engine.budget import Budget
from autotuner_core.engine.context import RunContext
from autotuner_core.engine.control import Interrupted, Interruption, Scope
from autotuner_core.engine.experiment import Attempt
from autotuner_core.engine.queue import ExperimentQueue
from autotuner_core.engine.trouble import Trouble, trouble_of
from autotuner_core.engines.gpus import gpu_count
from autotuner_core.run.events import AttemptEnded, Paused, RunEnded, Skipped
from autotuner_core.run.run_state import RunState

log = logging.getLogger(__name__)

FIRST_BACK_OFF_SECONDS = 1.0
LONGEST_BACK_OFF_SECONDS = 60.0


class AutotunerOrchestrator:
    """Runs a task from its queue to its end. `unattended` runs end where an attended one pauses and waits for a
    person. `after_experiment` is called whenever an experiment came to an end (results are saved there)."""

    def __init__(
        self,
        context: RunContext,
        queue: ExperimentQueue,
        budget: Budget,
        *,
        unattended: bool,
        after_experiment: Callable[[], None],
    ) -> None:
        self.context, self.queue, self.budget = context, queue, budget
        self.unattended, self.after_experiment = unattended, after_experiment
        self._workers: dict[int, threading.Thread] = {}
        self._broken: BaseException | None = None
        self._limit_reached = ""

    def run_task(self) -> RunEnded:
        """Carry out the whole queue. Returns how the run ended (not recorded yet), with no experiment under way.

        Raises what broke a worker: JournalWriteError, or a bug.
        """
        try:
            while True:
                version = self.context.control.version
                if (end := self._step()) is not None:
                    return end
                limit = self.context.ledger.read(lambda state: self.budget.seconds_left(state, time.time()))
                self.context.control.wait_for_change(version, limit)
        except BaseException:
            self.context.control.stop()
            raise
        finally:
            self._join_workers()
            if self._broken is not None:
                raise self._broken

    def run_experiment(
        self, experiment: int, parameters: Mapping[str, Any], purpose: str, scope: Scope
    ) -> AttemptEnded:
        """Try one experiment until it is scored, failed for good or interrupted: failures of the surroundings are
        tried again, with back-off. Returns the last attempt's end. Raises JournalWriteError."""
        retries = self.context.task.optimization.retries
        first = self.context.ledger.read(lambda state: _next_attempt(state, experiment))
        for number in range(first, first + retries + 1):
            attempt = Attempt(self.context, experiment, number, parameters, purpose, scope)
            ended = attempt.run(may_retry=number < first + retries)
            if not ended.will_retry:
                return ended
            scope.wait(min(LONGEST_BACK_OFF_SECONDS, FIRST_BACK_OFF_SECONDS * 2 ** (number - first)))
        return ended

    # ---- the coordinator's thread

    def _step(self) -> RunEnded | None:
        """Start what may start; the run's end once there is nothing to wait for."""
        self.queue.refill()
        if self._broken is not None or self.context.control.stopping is not None:
            return None if self._workers else self._stopped()
        if spent := self.context.ledger.read(lambda state: self.budget.spent(state, time.time())):
            return self._end_for_budget(spent)
        if trouble := self.context.ledger.read(trouble_of):
            return self._in_trouble(trouble)
        return self._start_what_may_start()

    def _start_what_may_start(self) -> RunEnded | None:
        limit = self.context.task.optimization.max_parallel
        if self.context.ledger.read(lambda state: state.paused is not None):
            return None
        while len(self._workers) < limit:
            chosen = self.queue.next(busy=self._workers.keys())
            if chosen is None:
                break
            gpus = gpu_count({**self.context.task.fixed, **chosen.parameters}, self.context.task)
            refused = self.context.ledger.read(lambda state, n=gpus: self.budget.refuses(state, time.time(), n))  # type: ignore[misc]
            if refused:
                return None if self._workers else RunEnded(reason="budget", message=refused)
            self._start(chosen.id, chosen.parameters, chosen.purpose)
        return RunEnded(reason="completed") if not self._workers and self.queue.exhausted else None

    def _start(self, experiment: int, parameters: Mapping[str, Any], purpose: str) -> None:
        worker = threading.Thread(
            target=self._work, args=(experiment, parameters, purpose), name=f"experiment-{experiment}", daemon=True
        )
        self._workers[experiment] = worker
        worker.start()

    def _stopped(self) -> RunEnded:
        if self.context.control.stopping is Interruption.BUDGET:
            return RunEnded(reason="budget", message=self._limit_reached)
        return RunEnded(reason="stopped")

    def _end_for_budget(self, spent: str) -> RunEnded | None:
        log.info("%s: ending what runs", spent)
        self._limit_reached = spent
        self.context.control.stop(Interruption.BUDGET)
        return None if self._workers else RunEnded(reason="budget", message=spent)

    def _in_trouble(self, trouble: Trouble) -> RunEnded | None:
        """Nothing more starts. A person can cure it and resume; without one the run ends when what runs has ended."""
        if self.unattended:
            return None if self._workers else RunEnded(reason=trouble.by, message=trouble.message)
        self.context.ledger.record(Paused(reason=trouble.message, by=trouble.by))
        return None

    def _join_workers(self) -> None:
        for worker in list(self._workers.values()):
            worker.join()

    # ---- an experiment's thread

    def _work(self, experiment: int, parameters: Mapping[str, Any], purpose: str) -> None:
        try:
            ended = self.run_experiment(experiment, parameters, purpose, self.context.control.scope(experiment))
            self.queue.tell(experiment, ended)
            self.after_experiment()
        except Interrupted as reason:
            log.info("experiment %d: %s while it waited to be tried again", experiment, reason)
            if reason.interruption is Interruption.SKIP:
                self.context.ledger.record(Skipped(experiment=experiment, reason="skipped before it was tried again"))
        except BaseException as error:
            log.exception("experiment %d broke the run", experiment)
            self._broken = error
            self.context.control.stop(Interruption.STOP)
        finally:
            self._workers.pop(experiment, None)
            self.context.control.forget_skip(experiment)
            self.context.control.notify()


def _next_attempt(state: RunState, experiment: int) -> int:
    known = state.experiments.get(experiment)
    return known.latest.attempt + 1 if known and known.latest else 1
