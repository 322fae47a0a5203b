"""AutotunerOrchestrator: one coordinator asks the search and hands out experiments, one thread per experiment under
way carries it out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from autotuner_core.control import Interruption
from autotuner_core.engine.budget import Budget
from autotuner_core.engine.context import RunContext
from autotuner_core.engine.experiment import Attempt
from autotuner_core.engine.queue import ExperimentQueue, QueuedExperiment
from autotuner_core.engine.starts import Starts
from autotuner_core.engine.trouble import Trouble, trouble_of
from autotuner_core.engines.gpus import gpu_count
from autotuner_core.run.events import AttemptEnded, Paused, RunEnded, RunNote
from autotuner_core.run.run_state import PAUSE_IS_COMPLETE, RunState

log = logging.getLogger(__name__)


class AutotunerOrchestrator:
    """Runs a task from its queue to its end. `unattended` runs end where an attended one pauses and waits for a
    person. `after_experiment` is called whenever an experiment came to an end (results are saved there). `adopted` are
    experiments whose last attempts go on, since their servers outlived the last host."""

    def __init__(
        self,
        context: RunContext,
        queue: ExperimentQueue,
        budget: Budget,
        *,
        unattended: bool,
        after_experiment: Callable[[], None],
        adopted: Sequence[int] = (),
    ) -> None:
        self.context, self.queue, self.budget = context, queue, budget
        self.unattended, self.after_experiment = unattended, after_experiment
        self.adopted = adopted
        self._workers: dict[int, threading.Thread] = {}
        self._starts = Starts(context.deployer.start_gap)
        self._broken: BaseException | None = None
        self._limit_reached = ""
        self._now = 0.0  # seconds since the epoch, at the step's beginning

    def run_task(self) -> RunEnded:
        """Carry out the whole queue. Returns how the run ended (not recorded yet), with no experiment under way.

        Raises what broke a worker: JournalWriteError, or a bug.
        """
        try:
            for number in self.adopted:
                self._start(self._adopted(number))
            while True:
                version = self.context.control.version
                if (end := self._step_in_one_piece()) is not None:
                    return end
                self.context.control.wait_for_change(version, self._longest_wait())
        except BaseException:
            self.context.control.stop()
            raise
        finally:
            self._join_workers()
            if self._broken is not None:
                raise self._broken

    def run_experiment(self, attempt: Attempt) -> AttemptEnded:
        """Carry out one attempt that has begun, and let the search know its end. Raises JournalWriteError."""
        ended = attempt.run()
        self.queue.tell(attempt.experiment, ended)
        self.after_experiment()
        return ended

    # ---- the coordinator's thread

    def _step_in_one_piece(self) -> RunEnded | None:
        """No command comes between a look and what follows from it; from the run's end on none is taken."""
        with self.context.ledger.held():
            self._now = self.context.ledger.now()
            end = self._step()
            if end is not None:
                self.context.control.close()
            return end

    def _step(self) -> RunEnded | None:
        """Start what may start; the run's end once there is nothing to wait for."""
        self.queue.refill()
        if self._broken is not None or self.context.control.stopping is not None:
            return None if self._workers else self._stopped()
        if spent := self.context.ledger.read(lambda state: self.budget.spent(state, self._now)):
            return self._end_for_budget(spent)
        if trouble := self.context.ledger.read(trouble_of):
            return self._in_trouble(trouble)
        return self._start_what_may_start()

    def _start_what_may_start(self) -> RunEnded | None:
        if self.context.ledger.read(lambda state: state.paused is not None):
            self._tell_what_is_left()
            return None
        while len(self._workers) < self.context.task.optimization.max_parallel and not self._waits_to_start():
            attempt, refused = self._begin_next()
            if refused:
                return None if self._workers else RunEnded(reason="budget", message=refused)
            if attempt is None:
                break
            self._start(attempt)
            self._starts.begun(self._now)
        return RunEnded(reason="completed") if not self._workers and self.queue.exhausted else None

    def _waits_to_start(self) -> bool:
        return self._starts.seconds_left(self._now) is not None

    def _begin_next(self) -> tuple[Attempt | None, str | None]:
        """The next attempt, begun; or none, with the budget's reason where that is why."""
        chosen = self.queue.next(self._workers.keys(), self._now)
        if chosen is None:
            return None, None
        gpus = gpu_count({**self.context.task.fixed, **chosen.parameters}, self.context.task)
        if refused := self.context.ledger.read(lambda state: self.budget.refuses(state, self._now, gpus)):
            return None, refused
        attempt = self._attempt(chosen)
        attempt.begin()
        return attempt, None

    def _attempt(self, chosen: QueuedExperiment) -> Attempt:
        return Attempt(
            self.context,
            chosen.id,
            chosen.attempt,
            chosen.parameters,
            chosen.purpose,
            self.context.control.scope(chosen.id),
            may_retry=chosen.failed_tries < self.context.task.optimization.retries,
        )

    def _adopted(self, number: int) -> Attempt:
        """The attempt of this experiment that goes on."""
        with self.context.ledger.held() as state:
            experiment = state.experiments[number]
            latest = experiment.attempts[-1]
            failed = experiment.failed_tries
            return self._attempt(
                QueuedExperiment(number, experiment.parameters, latest.purpose, latest.attempt, failed)
            )

    def _start(self, attempt: Attempt) -> None:
        number = attempt.experiment
        worker = threading.Thread(target=self._work, args=(attempt,), name=f"experiment-{number}", daemon=True)
        self._workers[number] = worker
        worker.start()

    def _longest_wait(self) -> float | None:
        """Seconds until something is due without anybody's doing: a limit of the budget, a back-off that is over. By
        the step's own moment: what was not due then is due after it."""
        budget = self.context.ledger.read(lambda state: self.budget.seconds_left(state, self._now))
        retry, start = self.queue.seconds_to_next_try(self._now), self._starts.seconds_left(self._now)
        waits = (budget, retry, start)
        return min((seconds for seconds in waits if seconds is not None), default=None)

    def _tell_what_is_left(self) -> None:
        """Once in a pause, when what was under way has ended: whether a server still runs."""
        told = self.context.ledger.read(lambda state: state.pause_is_complete is not None)
        if told or self._workers:
            return
        left = self.context.ledger.read(servers_left)
        self.context.ledger.record(RunNote(text=f"paused: {left}", code=PAUSE_IS_COMPLETE))

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

    def _work(self, attempt: Attempt) -> None:
        try:
            self.run_experiment(attempt)
        except BaseException as error:
            log.exception("experiment %d broke the run", attempt.experiment)
            self._broken = error
            self.context.control.stop(Interruption.STOP)
        finally:
            self.context.control.forget_skip(attempt.experiment)
            self._workers.pop(attempt.experiment, None)
            self.context.control.notify()


def servers_left(state: RunState) -> str:
    """In words, which servers there still are."""
    left = [made for made in state.resources.values() if made.experiment is not None]
    if not left:
        return "no server is left running"
    return "still there: " + ", ".join(f"{made.kind} {made.name}" for made in left)
