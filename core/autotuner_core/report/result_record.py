"""One result as the results file has it (keys: see results.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result

if TYPE_CHECKING:
    from autotuner_core.run.experiment_state import AttemptState, LevelState


class ResultRecords:
    """All results of a ranking, each made when it is asked for: a run may have hundreds, and its file is written after
    each of them. Of a result nothing changes any more, whatever the run does meanwhile, but that its experiment may be
    tried once more."""

    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (result_record(result, self._ranking) for result in self._ranking.results)

    def __len__(self) -> int:
        return len(self._ranking.results)


def result_record(result: Result, ranking: Ranking) -> dict[str, Any]:
    """The result with its levels, its failure, and every attempt."""
    ended = result.attempt.ended if result.attempt else None
    message = ended.message if ended else ""
    return {
        "experiment_id": result.id,
        "parameters": result.experiment.parameters,
        "status": result.status,
        "metrics": (ended.metrics if ended else None) or {},
        "objective_score": result.score,
        "half_width": result.half_width,
        "basis": "level" if result.of_whole_levels else "window",
        "rank": ranking.places.get(result.id),
        "tied_with_best": result.id in ranking.tied_ids,
        "feasible": result.feasible,
        "miss": result.miss,
        "binding_limit": ended.binding_limit if ended else None,
        "deciding_level": ended.deciding_level if ended else None,
        "cause": ended.cause if ended else None,
        "message": message or (result.experiment.skip_reason if result.status == "skipped" else ""),
        "cure": ended.cure if ended else "",
        "evidence": list(ended.evidence) if ended else [],
        "why": result.experiment.why,
        "gpu_count": result.attempt.gpu_count if result.attempt else None,
        "attempt": result.attempt.attempt if result.attempt else None,
        "levels": [_level_json(level) for level in _levels(result.attempt)],
        "attempts": [_attempt_json(attempt) for attempt in result.experiment.attempts],
    }


def _levels(attempt: AttemptState | None) -> list[LevelState]:
    """The measured levels in order; the warm-up is thrown away."""
    return [level for index, level in sorted(attempt.levels.items()) if index > 0] if attempt else []


def _level_json(level: LevelState) -> dict[str, Any]:
    of = level.ended or level.skipped or level.started
    record: dict[str, Any] = {
        "level": level.level,
        "scenario": of.scenario if of else "",
        "concurrency": of.concurrency if of else 0,
        "verdict": "cut",
        "why": "not ended",
        "ended_by": "",
        "notes": [],
        "figures": {},
        "engine": {},
    }
    if level.ended is not None:
        ended = level.ended
        judged = {"verdict": ended.verdict, "why": ended.why, "ended_by": ended.ended_by}
        return record | judged | {"notes": list(ended.notes), "figures": ended.figures, "engine": ended.engine}
    if level.skipped is not None:
        return record | {"verdict": "skipped", "why": level.skipped.reason}
    return record


def _attempt_json(attempt: AttemptState) -> dict[str, Any]:
    ended = attempt.ended
    return {
        "attempt": attempt.attempt,
        "purpose": attempt.purpose,
        "outcome": attempt.outcome,
        "cause": ended.cause if ended else None,
        "message": ended.message if ended else "",
        "score": ended.score if ended else None,
        "started_at": attempt.started_at,
        "seconds": attempt.seconds(attempt.ended_at or attempt.started_at),
        "gpu_count": attempt.gpu_count,
    }
