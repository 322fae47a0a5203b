"""One attempt of one experiment: deploy, wait until ready, load, score, clean up. Whatever happens on the way, the
server is gone and the attempt's end is in the journal when this returns."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from autotuner_core.control import Interrupted, Interruption, Scope
from autotuner_core.deploy.base import DeployOrder, Server
from autotuner_core.engine.context import RunContext
from autotuner_core.engine.level_series import LevelSeries
from autotuner_core.engines.gpus import gpu_count
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.events import AttemptEnded, AttemptStarted, RunNote, StageChanged
from autotuner_core.run.journal import JournalWriteError
from autotuner_core.run.room import FULL
from autotuner_core.run.run_state import SKIPPED_UNDER_WAY, RunState
from autotuner_core.scoring.score import score_attempt

log = logging.getLogger(__name__)


class Attempt:
    """One try at an experiment. `begin` enters it into the record, then `run` does all of it, once. `may_retry` tells
    whether a failure of the surroundings would be tried again."""

    def __init__(
        self,
        context: RunContext,
        experiment: int,
        attempt: int,
        parameters: Mapping[str, Any],
        purpose: str,
        scope: Scope,
        may_retry: bool,
    ) -> None:
        self.context = context
        self.experiment, self.attempt = experiment, attempt
        self.may_retry = may_retry
        self.parameters = {**context.task.fixed, **parameters}
        self.purpose, self.scope = purpose, scope
        self.gpu_count = gpu_count(self.parameters, context.task)
        self._server: Server | None = None
        self._why = ""

    def begin(self) -> None:
        """It is under way from now on. Raises JournalWriteError."""
        self.context.ledger.record(
            AttemptStarted(
                experiment=self.experiment, attempt=self.attempt, purpose=self.purpose, gpu_count=self.gpu_count
            )
        )

    def run(self) -> AttemptEnded:
        """Measure, clean up, and return the end as it was recorded. Raises JournalWriteError; every other failure is
        the attempt's end."""
        try:
            ended = self._measure()
        except ExperimentFailure as failure:
            ended = self._failed(failure)
        except Interrupted as reason:
            ended = self._interrupted(reason.interruption)
        except OSError as error:
            ended = self._failed(_storage_failure(error))
        except JournalWriteError:
            raise
        except Exception as error:
            ended = self._failed(_internal_failure(error))
        finally:
            self._clean_up()
        with self.context.ledger.held() as state:
            recorded = self.context.ledger.record(self._skipped_if_asked(ended, state))
        assert isinstance(recorded, AttemptEnded)
        return recorded

    def _skipped_if_asked(self, ended: AttemptEnded, state: RunState) -> AttemptEnded:
        """A skip was promised: a failure or a stop that came between does not break the promise."""
        attempt = state.experiments[self.experiment].attempt(self.attempt)
        if attempt is None or not attempt.skip_asked or ended.outcome == "scored":
            return ended
        return replace(ended, outcome="skipped", will_retry=False)

    def _measure(self) -> AttemptEnded:
        folder = self.context.folder.attempt(self.experiment, self.attempt)
        folder.mkdir(parents=True, exist_ok=True)
        self._stage("deploying")
        order = DeployOrder(self.experiment, self.attempt, self.parameters, folder)
        self._server = self.context.deployer.deploy(order, self.context.ledger, self.scope)
        self._stage("waiting", gpus=self._server.gpus)
        endpoint = self._server.wait_ready(
            self.scope,
            self.context.task.optimization.timeout_per_iteration,
            lambda: self.context.benchmark.make_early(folder, self.scope),
        )
        self._stage("benchmarking")
        series = LevelSeries(self.context, self.experiment, self.attempt, self._server, self.gpu_count, self.scope)
        judged = series.run(endpoint)
        with self.context.ledger.held():  # up to here it can be skipped, and from here on it cannot
            self.scope.check()
            self._stage("collecting")
        optimization = self.context.task.optimization
        score = score_attempt(judged, optimization.objective, optimization.slo)
        return AttemptEnded(
            experiment=self.experiment,
            attempt=self.attempt,
            outcome="scored",
            score=score.score,
            feasible=score.feasible,
            miss=score.miss,
            metrics=score.metrics,
            deciding_level=score.deciding_level,
            binding_limit=score.binding_limit,
        )

    def _failed(self, failure: ExperimentFailure) -> AttemptEnded:
        self._why = f"{failure.cause.value}: {failure.message}"
        return AttemptEnded(
            experiment=self.experiment,
            attempt=self.attempt,
            outcome="failed",
            cause=failure.cause.value,
            message=failure.message,
            cure=failure.cure,
            evidence=failure.evidence,
            will_retry=failure.retry and self.may_retry,
        )

    def _interrupted(self, interruption: Interruption) -> AttemptEnded:
        skipped = interruption is Interruption.SKIP
        return AttemptEnded(
            experiment=self.experiment,
            attempt=self.attempt,
            outcome="skipped" if skipped else "interrupted",
            cause=None if skipped else FailureCause.INTERRUPTED.value,
            message=_INTERRUPTED_BY[interruption],
        )

    def _clean_up(self) -> None:
        """End the server, also where the journal cannot be written any more; why the attempt failed is told before,
        since that may take its time. What cannot be removed is told; it does not take the score away."""
        if self._server is None:
            return
        try:
            self._stage("cleaning_up", detail=self._why)
        finally:
            self._stop_server(self._server)

    def _stop_server(self, server: Server) -> None:
        try:
            self._stop_and_tidy(server)
        except OSError as error:
            log.warning("the engine's log could not be cleared of secrets: %s", error)

    def _stop_and_tidy(self, server: Server) -> None:
        folder = self.context.folder.attempt(self.experiment, self.attempt)
        try:
            with ThreadPoolExecutor(1, f"finish-{self.experiment}") as aside:  # the engine's GPUs wait for nothing
                finishing = aside.submit(self._finish_load, folder)
                with self._told():
                    server.stop(now=self.context.control.stopping is Interruption.STOP_NOW)
            finishing.result()
        finally:
            self.context.ledger.secrets.hide_in_file(folder / "engine.log")

    def _finish_load(self, folder: Path) -> None:
        with self._told():
            self.context.benchmark.finish(folder, self.scope)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What cannot be ended is told."""
        try:
            yield
        except ExperimentFailure as failure:
            words = (failure.message, *failure.evidence, failure.cure)
            text = ". ".join(word.rstrip(".") for word in words if word)
            self.context.ledger.record(
                RunNote(text=text, level="warning", code=failure.cause.value, experiment=self.experiment)
            )

    def _stage(self, stage: str, detail: str = "", gpus: tuple[str, ...] = ()) -> None:
        self.context.ledger.record(
            StageChanged(experiment=self.experiment, attempt=self.attempt, stage=stage, detail=detail, gpus=gpus)
        )


_INTERRUPTED_BY = {
    Interruption.SKIP: SKIPPED_UNDER_WAY,
    Interruption.STOP: "the run was stopped",
    Interruption.STOP_NOW: "the run was stopped at once",
    Interruption.BUDGET: "the run's limit of time or GPU-hours was reached",
}


def _internal_failure(error: Exception) -> ExperimentFailure:
    """A fault of the tuner itself: it costs the attempt, not the run."""
    log.error("an attempt broke", exc_info=error)
    return ExperimentFailure(
        FailureCause.BENCHMARK_FAILED,
        f"a fault of the tuner: {type(error).__name__}: {error}",
        evidence=traceback.format_exception(error)[-1:] + traceback.format_tb(error.__traceback__)[-2:],
        cure="Please report it; the whole traceback is in host.log.",
    )


def _storage_failure(error: OSError) -> ExperimentFailure:
    """What an operating system error in the attempt's folder means."""
    where = f" ({error.filename})" if error.filename else ""
    message = f"{error.strerror or error}{where}"
    if error.errno not in FULL:
        return ExperimentFailure(FailureCause.BENCHMARK_FAILED, message)
    return ExperimentFailure(
        FailureCause.STORAGE_FULL, message, cure="Make room there, or choose another place with --results-dir."
    )
