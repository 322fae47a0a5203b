"""The levels of one attempt, one after the other: loaded, judged, and the higher ones left out where a lower one of
their scenario was overloaded already."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace

from autotuner_core.benchmark.base import Endpoint, Level, LevelRun
from autotuner_core.benchmark.metrics_watch import MetricsWatch
from autotuner_core.control import Interrupted, Scope
from autotuner_core.deploy.base import Server
from autotuner_core.engine.context import RunContext
from autotuner_core.engine.disturbed import Disturbances, Disturbed
from autotuner_core.engine.kept_levels import finished_levels
from autotuner_core.engine.level_record import LevelRecord
from autotuner_core.engines.profile import profile_of_task
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.plan.forecast import benchmark_limit
from autotuner_core.run.clocks import seconds_asleep
from autotuner_core.scoring.early_end import EarlyEnd
from autotuner_core.scoring.figures import LevelFigures
from autotuner_core.scoring.level import JudgedLevel, higher_levels_to_skip, judge
from autotuner_core.scoring.verdict import Verdict


class LevelSeries:
    """Runs the levels of one attempt against a server that is ready. Those that a host finished which died are kept."""

    def __init__(
        self, context: RunContext, experiment: int, attempt: int, server: Server, gpu_count: float, scope: Scope
    ) -> None:
        self.context, self.gpu_count = context, gpu_count
        self.experiment, self.attempt = experiment, attempt
        self.server, self.scope = server, scope
        self._kept = context.ledger.read(lambda state: finished_levels(state, experiment, attempt))
        self.judged: list[JudgedLevel] = [level for level in self._kept.values() if level is not None]
        self._deadline = time.monotonic() + benchmark_limit(context.task)

    def run(self, endpoint: Endpoint) -> list[JudgedLevel]:
        """All levels. Raises ExperimentFailure (the server died, the load generator failed) and Interrupted."""
        stream = self.context.folder.attempt(self.experiment, self.attempt) / "engine_metrics.jsonl"
        metrics = MetricsWatch(endpoint.url, profile_of_task(self.context.task), stream)
        self._record = LevelRecord(self.context.ledger, self.experiment, self.attempt, metrics)
        with contextlib.closing(metrics):
            for level in self.context.levels:
                if level.index not in self._kept:
                    self._measure(level, endpoint)
        return self.judged

    def _measure(self, level: Level, endpoint: Endpoint) -> None:
        """One level, as often as it takes."""
        disturbances = Disturbances(self.server, self.scope)
        if lower := higher_levels_to_skip(self.judged, level.scenario, level.concurrency):
            reason = f"{lower.verdict.value} at {lower.concurrency} concurrent requests already"
            return self._record.skipped(level, reason)
        again = True
        while again:
            if (left := self._deadline - time.monotonic()) <= 0:
                return self._cut_by_timeout(level)
            within = replace(level, max_seconds=min(level.max_seconds, left))
            again = self._run_level(within, endpoint, disturbances)
        return None

    def _cut_by_timeout(self, level: Level) -> None:
        """A level that there was no time for is missing from the score: it counts as cut, not as never asked for."""
        reason = "benchmark.timeout was over before it began"
        self._record.skipped(level, reason)
        if not level.warm_up:
            figures = LevelFigures({})
            cut = JudgedLevel(level.index, level.scenario, level.concurrency, Verdict.CUT, reason, figures, retry=False)
            self.judged.append(cut)

    def _empty_caches(self) -> tuple[str, ...]:
        """What is to be said of a level whose engine cannot start it with empty caches."""
        if self.context.task.benchmark.cache == "warm" or self.server.flush_cache(self.scope):
            return ()
        return ("the engine's caches could not be emptied before this level",)

    def _run_level(self, level: Level, endpoint: Endpoint, disturbances: Disturbances) -> bool:
        """True where the level is to be run again: with more load generators, or because it was disturbed."""
        folder = self.context.folder.attempt(self.experiment, self.attempt)
        has_begun = self.context.benchmark.has_begun(level, folder, self.scope)
        notes = () if has_begun else self._empty_caches()
        self._record.started(level, from_its_beginning=not has_begun)
        asleep = seconds_asleep()
        try:
            run = self._loaded(level, endpoint, disturbances)
        except Disturbed as disturbed:
            self._record.ended(level, Verdict.CUT.value, str(disturbed), "forward_lost")
            return True
        except (Interrupted, ExperimentFailure) as reason:
            self._record.ended(level, Verdict.CUT.value, str(reason), self._how_it_ended(reason))
            raise
        if run.ended_by == "died":
            self._record.ended(level, Verdict.CUT.value, "the server died", "died")
            raise self.server.failure() or _died_unseen()
        return self._judge(replace(run, suspended=seconds_asleep() - asleep), notes)

    def _how_it_ended(self, reason: Interrupted | ExperimentFailure) -> str:
        if isinstance(reason, Interrupted):
            return "asked"
        return "died" if self.server.failure() is not None else "failed"

    def _loaded(self, level: Level, endpoint: Endpoint, disturbances: Disturbances) -> LevelRun:
        """Raises Disturbed, ExperimentFailure and Interrupted."""
        folder = self.context.folder.attempt(self.experiment, self.attempt)
        with disturbances.watched() as failure:
            run = self.context.benchmark.run_level(level, endpoint, folder, self.scope, failure, self._watch_of(level))
            self._record.load_ended()
        return run

    def _watch_of(self, level: Level) -> Callable[[], EarlyEnd] | None:
        """What ends the level when it knows enough; a warm-up is there to be run."""
        if level.warm_up:
            return None
        task = self.context.task
        return lambda: EarlyEnd(
            level,
            metric=task.optimization.objective.metric,
            precision=task.benchmark.precision,
            slo=task.optimization.slo,
            validity=task.benchmark.validity,
        )

    def _judge(self, run: LevelRun, notes: tuple[str, ...]) -> bool:
        if run.level.warm_up:
            self._record.ended(run.level, Verdict.OK.value, "thrown away", run.ended_by)
            return False
        task = self.context.task
        judged = judge(run, validity=task.benchmark.validity, slo=task.optimization.slo, gpu_count=self.gpu_count)
        more = self._more_load_generators(run, judged)
        if more is None:
            self.judged.append(judged)
        else:
            notes += (f"it is run again, shared by {more} load generators",)
        self._record.ended(run.level, judged.verdict.value, judged.why, run.ended_by, judged, notes)
        return more is not None

    def _more_load_generators(self, run: LevelRun, judged: JudgedLevel) -> int | None:
        """How many shall measure a level again whose load generators were the limit. None: it stays as it is."""
        time_left = self._deadline - time.monotonic() > run.seconds
        if judged.verdict is not Verdict.CLIENT_BOUND or not time_left:
            return None
        return self.context.benchmark.more_workers(run)


def _died_unseen() -> ExperimentFailure:
    return ExperimentFailure(FailureCause.CRASH, "the server stopped answering during the benchmark")
