"""What the journal is told of the levels of one attempt, with what the engine counted of itself meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.metrics_watch import MetricsWatch
from autotuner_core.run.events import LevelEnded, LevelSkipped, LevelStarted
from autotuner_core.run.journal import Recorder
from autotuner_core.scoring.level import JudgedLevel


class LevelRecord:
    """The levels of one attempt, one after the other. Each method raises JournalWriteError."""

    def __init__(self, recorder: Recorder, experiment: int, attempt: int, metrics: MetricsWatch) -> None:
        self._recorder, self._metrics = recorder, metrics
        self._experiment, self._attempt = experiment, attempt
        self._engine_figures: Mapping[str, Any] = {}

    def started(self, level: Level, *, from_its_beginning: bool = True) -> None:
        """The level begins now; or it is gone on with, and what the engine counts is not all of the level's."""
        self._engine_figures = {}
        limits: dict[str, Any] = {"max_seconds": level.max_seconds, "max_requests": level.max_requests}
        self._recorder.record(LevelStarted(**self._traffic(level), **limits, purpose=_purpose(level)))
        if from_its_beginning:
            self._metrics.begin(level.index)

    def load_ended(self) -> None:
        """Its load is over: what the engine counts from now on is not the level's."""
        self._engine_figures = self._metrics.end()

    def ended(
        self,
        level: Level,
        verdict: str,
        why: str,
        ended_by: str,
        judged: JudgedLevel | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        """The level is over and judged, or cut."""
        self._recorder.record(
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

    def skipped(self, level: Level, reason: str) -> None:
        """The level is left out."""
        self._recorder.record(LevelSkipped(**self._traffic(level), reason=reason))

    def _traffic(self, level: Level) -> dict[str, Any]:
        """What every event about a level says."""
        return {
            "experiment": self._experiment,
            "attempt": self._attempt,
            "level": level.index,
            "scenario": level.scenario,
            "concurrency": level.concurrency,
        }


def _purpose(level: Level) -> str:
    return "warm_up" if level.warm_up else "measure"
