"""The levels of one attempt, one after the other: loaded, judged, and the higher ones left out where a lower one of
their scenario was overloaded already."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from autotuner_core.benchmark.base import Endpoint, Level, LevelRun
from autotuner_core.benchmark.metrics_watch import MetricsWatch
from autotuner_core.control import Interrupted, Scope
from autotuner_core.deploy.base import Server
from autotuner_core.engine.context import RunContext
from autotuner_core.engines.profile import profile_of_task
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.plan.forecast import benchmark_limit
from autotuner_core.run.clocks import seconds_asleep
from autotuner_core.run.events import LevelEnded, LevelSkipped, LevelStarted
from autotuner_core.scoring.early_end import EarlyEnd
from autotuner_core.scoring.figures import LevelFigures
from autotuner_core.scoring.level import JudgedLevel, higher_levels_to_skip, judge
from autotuner_core.scoring.verdict import Verdict


class LevelSeries:
    """Runs the levels of one attempt against a server that is ready."""

    def __init__(
        self, context: RunContext, experiment: int, attempt: int, server: Server, gpu_count: float, scope: Scope
    ) -> None:
        self.context, self.gpu_count = context, gpu_count
        self.experiment, self.attempt = experiment, attempt
        self.server, self.scope = server, scope
        self.judged: list[JudgedLevel] = []
        self._engine_figures: Mapping[str, Any] = {}
        self._deadline = time.monotonic() + benchmark_limit(context.task)

    def run(self, endpoint: Endpoint) -> list[JudgedLevel]:
        """All levels. Raises ExperimentFailure (the server died, the load generator failed) and Interrupted."""
        stream = self.context.folder.attempt(self.experiment, self.attempt) / "engine_metrics.jsonl"
        self._metrics = MetricsWatch(endpoint.url, profile_of_task(self.context.task), stream)
        with contextlib.closing(self._metrics):
            return self._run_levels(endpoint)

    def _run_levels(self, endpoint: Endpoint) -> list[JudgedLevel]:
        for level in self.context.levels:
            left = self._deadline - time.monotonic()
            if lower := higher_levels_to_skip(self.judged, level.scenario, level.concurrency):
                self._skip(level, f"{lower.verdict.value} at {lower.concurrency} concurrent requests already")
            elif left <= 0:
                self._cut_by_timeout(level)
            else:
                within = replace(level, max_seconds=min(level.max_seconds, left))
                while self._run_level(within, endpoint, notes=self._empty_caches()):
                    within = replace(level, max_seconds=min(level.max_seconds, self._deadline - time.monotonic()))
        return self.judged

    def _cut_by_timeout(self, level: Level) -> None:
        """A level that there was no time for is missing from the score: it counts as cut, not as never asked for."""
        reason = "benchmark.timeout was over before it began"
        self._skip(level, reason)
        if not level.warm_up:
            figures = LevelFigures({})
            cut = JudgedLevel(level.index, level.scenario, level.concurrency, Verdict.CUT, reason, figures, retry=False)
            self.judged.append(cut)

    def _empty_caches(self) -> tuple[str, ...]:
        """What is to be said of a level whose engine cannot start it with empty caches."""
        if self.context.task.benchmark.cache == "warm" or self.server.flush_cache(self.scope):
            return ()
        return ("the engine's caches could not be emptied before this level",)

    def _run_level(self, level: Level, endpoint: Endpoint, notes: tuple[str, ...]) -> bool:
        """True where the level is to be run again, with more load generators."""
        self._record_started(level)
        asleep = seconds_asleep()
        folder = self.context.folder.attempt(self.experiment, self.attempt)
        try:
            run = self.context.benchmark.run_level(
                level, endpoint, folder, self.scope, self.server.failure, self._watch_of(level)
            )
        except (Interrupted, ExperimentFailure) as reason:
            ended_by = "asked" if isinstance(reason, Interrupted) else "failed"
            self._record_ended(level, Verdict.CUT.value, str(reason), ended_by)
            raise
        self._engine_figures = self._metrics.end()
        if run.ended_by == "died":
            self._record_ended(level, Verdict.CUT.value, "the server died", "died")
            raise self.server.failure() or _died_unseen()
        return self._judge(replace(run, suspended=seconds_asleep() - asleep), notes)

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
            self._record_ended(run.level, Verdict.OK.value, "thrown away", run.ended_by)
            return False
        task = self.context.task
        judged = judge(run, validity=task.benchmark.validity, slo=task.optimization.slo, gpu_count=self.gpu_count)
        more = self._more_load_generators(run, judged)
        if more is None:
            self.judged.append(judged)
        else:
            notes += (f"it is run again, shared by {more} load generators",)
        self._record_ended(run.level, judged.verdict.value, judged.why, run.ended_by, judged, notes)
        return more is not None

    def _more_load_generators(self, run: LevelRun, judged: JudgedLevel) -> int | None:
        """How many shall measure a level again whose load generators were the limit. None: it stays as it is."""
        time_left = self._deadline - time.monotonic() > run.seconds
        if judged.verdict is not Verdict.CLIENT_BOUND or not time_left:
            return None
        return self.context.benchmark.more_workers(run)

    def _record_started(self, level: Level) -> None:
        self._engine_figures = {}
        limits: dict[str, Any] = {"max_seconds": level.max_seconds, "max_requests": level.max_requests}
        self.context.ledger.record(LevelStarted(**self._traffic(level), **limits, purpose=_purpose(level)))
        self._metrics.begin(level.index)

    def _record_ended(
        self,
        level: Level,
        verdict: str,
        why: str,
        ended_by: str,
        judged: JudgedLevel | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.context.ledger.record(
            LevelEnded(
                **self._traffic(level),
                purpose=_purpose(level),
                verdict=verdict,
                why=why,
                ended_by=ended_by,
                evidence=judged.evidence if judged else (),
                notes=(*judged.notes, *notes) if judged else notes,
                figures=judged.figures.to_json() if judged else {},
                engine=self._engine_figures or self._metrics.end(),
            )
        )

    def _skip(self, level: Level, reason: str) -> None:
        self.context.ledger.record(LevelSkipped(**self._traffic(level), reason=reason))

    def _traffic(self, level: Level) -> dict[str, Any]:
        """What every event about a level says."""
        return {
            "experiment": self.experiment,
            "attempt": self.attempt,
            "level": level.index,
            "scenario": level.scenario,
            "concurrency": level.concurrency,
        }


def _purpose(level: Level) -> str:
    return "warm_up" if level.warm_up else "measure"


def _died_unseen() -> ExperimentFailure:
    return ExperimentFailure(FailureCause.CRASH, "the server stopped answering during the benchmark")
