"""The host of a run: the process that carries it out. The engine works in threads; the thread that owns the Host has
the signals and looks at the run like everybody else, by its folder."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from signal import Signals

from autotuner_core.control import Interrupted, Interruption, Scope
from autotuner_core.engine.budget import Budget
from autotuner_core.engine.commands.steering import Steering
from autotuner_core.engine.context import RunContext
from autotuner_core.engine.event_command import event_command
from autotuner_core.engine.held_run import HeldRun, HostOptions
from autotuner_core.engine.host_log import QuietFileHandler, told
from autotuner_core.engine.neighbours import tell_of_other_runs
from autotuner_core.engine.orchestrator import AutotunerOrchestrator
from autotuner_core.engine.parts import benchmark_for, deployer_for
from autotuner_core.engine.queue import ExperimentQueue
from autotuner_core.engine.stopping import record_stop
from autotuner_core.engine.taken_over import taken_over
from autotuner_core.failures import ExperimentFailure, FailureGroup, PreflightError
from autotuner_core.report.results import results_draft
from autotuner_core.report.results_file import write_results
from autotuner_core.run.events import ExperimentQueued, RunEnded, RunNote, ToolsFound
from autotuner_core.run.journal import JournalWriteError
from autotuner_core.run.locks import TOUCH_SECONDS
from autotuner_core.search.strategy import search_for

log = logging.getLogger(__name__)

NEIGHBOUR_SECONDS = 30.0
"""So often a run under way looks for others on its machine: less than the shortest experiment that is worth a run."""


class Host:
    """Carries a run out in threads of its own. `start` it, `wait` for it, `close` it."""

    def __init__(self, run: HeldRun, options: HostOptions) -> None:
        self.run, self.options = run, options
        self.folder = run.folder
        self.error: BaseException | None = None
        self._signal: int | None = None
        self._stop_asked: tuple[str, bool] | None = None
        self._ended = threading.Event()
        self._saving = threading.Lock()  # an older state must not replace a newer one
        self._event_command = event_command(options.on_event, run.folder, run.token, run.ledger)
        self._engine = threading.Thread(target=self._carry_out, name="engine", daemon=True)
        self._ticker = threading.Thread(target=self._keep_locks_fresh, name="locks", daemon=True)
        self._log_handler = QuietFileHandler(run.folder.host_log, encoding="utf-8")
        self._log_handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def start(self) -> None:
        """Begin. Returns at once."""
        logger = logging.getLogger("autotuner_core")
        logger.addHandler(self._log_handler)
        logger.setLevel(logging.INFO)
        if self._event_command is not None:
            self._event_command.start()
        self._engine.start()
        self._ticker.start()

    def wait(self, seconds: float) -> bool:
        """Wait for the run's end; True once it has ended and everything is cleaned up and saved."""
        return self._ended.wait(seconds)

    def stop(self, interruption: Interruption = Interruption.STOP, signal: int | None = None) -> None:
        """Ask the run to end. STOP cleans up and saves; STOP_NOW kills what runs and saves. Returns at once: the record
        is written by a thread of its own, since who asks may be all that still moves."""
        self._signal = signal if signal is not None else self._signal
        self.run.control.stop(interruption)
        by, now = Signals(signal).name if signal is not None else "user", interruption is Interruption.STOP_NOW
        self._stop_asked = (by, now)
        threading.Thread(target=record_stop, args=(self.run.ledger, by, now), name="stop", daemon=True).start()

    def note(self, text: str, code: str = "") -> None:
        """Enter a remark of the process that hosts the run into its record. Raises JournalWriteError."""
        self.run.ledger.record(RunNote(text=text, code=code))

    def leftovers(self) -> list[str]:
        """What was made outside and not seen to be gone: `process exp3-attempt1 (pid 4711)`."""
        resources = self.run.ledger.read(lambda state: list(state.resources.values()))
        return [
            f"{resource.kind} {resource.name}" + (f" (pid {pid})" if (pid := getattr(resource, "pid", None)) else "")
            for resource in resources
        ]

    def close(self) -> None:
        """Let go of locks and files. The run must have ended, or the process is about to."""
        if self.run.socket is not None:
            with told("close the control socket"):
                self.run.socket.close()
        with told("close the journal"):
            self.run.journal.close()
        for lock in self.run.locks:  # last: whoever takes the run next writes where this one wrote
            with told("give a lock back"):
                lock.release()
        logging.getLogger("autotuner_core").removeHandler(self._log_handler)
        self._log_handler.close()

    # ---- the engine's thread

    def _carry_out(self) -> None:
        end: RunEnded | None = None
        try:
            end = self._prepare_and_run()
        except Interrupted:
            end = RunEnded(reason="stopped")
        except PreflightError as missing:
            end = _not_begun(missing)
        except JournalWriteError as error:
            log.error("%s", error)
            self.error = error
        except BaseException as error:
            log.exception("the run broke")
            self.error = error
            message = f"{type(error).__name__}: {error} (details in {self.folder.host_log})"
            end = RunEnded(reason="failed", message=message)
        finally:
            self._finish(end)

    def _prepare_and_run(self) -> RunEnded:
        run, scope = self.run, Scope(self.run.control)
        queue = self._queue()
        queue.refill()
        if run.socket is not None:  # commands find their experiments from the first moment on
            run.socket.serve(Steering(run.task, run.ledger, run.control, queue).handle)
        with contextlib.ExitStack() as open_parts:
            deployer = deployer_for(run)
            open_parts.callback(self._close, "deployer", deployer.close)
            benchmark = benchmark_for(run, deployer)
            open_parts.callback(self._close, "load generator", benchmark.close)
            deployer.prepare(scope)
            adopted = taken_over(run, deployer, scope)
            benchmark.prepare(scope)
            if versions := benchmark.versions():
                run.ledger.record(ToolsFound(versions=versions))
            context = RunContext(run.task, run.plan.levels, run.folder, run.ledger, run.control, deployer, benchmark)
            return self._orchestrator(context, queue, adopted).run_task()

    def _close(self, name: str, close: Callable[[], None]) -> None:
        """What cannot be ended is told; it takes no result away."""
        try:
            close()
        except (OSError, ExperimentFailure) as error:
            log.warning("closing the %s: %s", name, error)
            text = f"something is left of the {name}: {error}"
            self.run.ledger.record(RunNote(text=text, level="warning", code="left_behind"))

    def _queue(self) -> ExperimentQueue:
        plan = self.run.plan
        planned = [ExperimentQueued(experiment=e.id, parameters=e.parameters, why=e.why) for e in plan.experiments]
        return ExperimentQueue(self.run.ledger, search_for(self.run.task, plan), planned)

    def _orchestrator(self, context: RunContext, queue: ExperimentQueue, adopted: list[int]) -> AutotunerOrchestrator:
        plan, limits = self.run.plan, self.run.task.optimization
        budget = Budget(limits.max_hours, limits.max_gpu_hours, plan.forecast.experiment.low)
        return AutotunerOrchestrator(
            context,
            queue,
            budget,
            unattended=self.options.unattended,
            after_experiment=self._save_results,
            adopted=adopted,
        )

    def _finish(self, end: RunEnded | None) -> None:
        self.run.control.close()
        try:
            if end is not None:
                signal = self._signal if end.reason == "stopped" else None
                if self._stop_asked is not None:  # before the end, whichever thread comes first
                    record_stop(self.run.ledger, *self._stop_asked)
                message = end.message or (f"by {Signals(signal).name}" if signal else "")
                self.run.ledger.record(RunEnded(reason=end.reason, message=message, signal=signal))
            self._save_results()
        except JournalWriteError as error:
            log.error("%s", error)
            self.error = self.error or error
        finally:
            try:
                if self._event_command is not None:
                    self._event_command.finish(lambda: self.run.control.stopping is Interruption.STOP_NOW)
            finally:
                self._ended.set()

    def _save_results(self) -> None:
        """Rewrite the results file. Where that fails the run goes on: the journal has everything."""
        try:
            with self._saving:
                self.run.guard.check(look=True)
                draft = self.run.ledger.read(results_draft)
                write_results(draft, self.folder.results_file)
        except OSError as error:
            log.warning("results file not written: %s", error)
            cure = f"`report {self.folder.run_id} --json` makes it again"
            text = f"the results file could not be written ({error}); {cure}"
            self.run.ledger.record(RunNote(text=text, level="warning", code="results_not_written"))

    # ---- the ticker's thread

    def _keep_locks_fresh(self) -> None:
        """A folder that is taken away under the run ends it, and so does another host that took the run over: nothing
        may be written any more."""
        looked = time.monotonic()
        while not self._ended.wait(TOUCH_SECONDS):
            try:
                self.run.guard.touch()
            except OSError as error:
                log.error("the run is not ours any more, or its folder is gone or not writable: %s", error)
                self.error = self.error or error
                self.run.control.stop(Interruption.STOP)
                return
            if time.monotonic() - looked >= NEIGHBOUR_SECONDS:
                looked = time.monotonic()
                self._look_for_neighbours()

    def _look_for_neighbours(self) -> None:
        """A run that began beside this one falsifies it, and only that one was told so at its beginning."""
        try:
            tell_of_other_runs(self.run)
        except (
            OSError,
            JournalWriteError,
        ) as error:  # the engine's thread meets what keeps the journal from being written
            log.warning("could not look for other runs: %s", error)


def _not_begun(missing: PreflightError) -> RunEnded:
    """The end of a run that found no way to begin: without access to the cluster, or with something else in the way."""
    reason, message = "failed", missing.message
    if missing.cause is not None and missing.cause.group is FailureGroup.ACCESS:
        reason, message = FailureGroup.ACCESS.value, f"{missing.cause.value}: {message}"
    return RunEnded(reason=reason, message=f"{message}. {missing.cure}".strip())
