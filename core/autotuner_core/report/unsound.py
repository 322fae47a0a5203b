"""Measurements that were rejected: those of a result before the one that counts, and those that would have won."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autotuner_core.failures import FailureCause
from autotuner_core.report import format as fmt
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result
from autotuner_core.scoring.metrics import metric_value
from autotuner_core.scoring.slo import excesses
from autotuner_core.scoring.verdict import Verdict

if TYPE_CHECKING:
    from autotuner_core.run.events import LevelEnded
    from autotuner_core.run.experiment_state import AttemptState

MOST_TOLD = 3
_ORDINALS = {2: "2nd", 3: "3rd"}
_NUMBERS = {1: "one", 2: "two", 3: "three"}


def earlier_rejections(result: Result) -> str:
    """`measured at the 3rd attempt; two before were not sound: not_steady`; empty where none was rejected before."""
    if result.score is None or result.attempt is None:
        return ""
    counting = result.attempt.attempt
    rejected = [a for a in result.experiment.attempts if a.attempt < counting and _rejected(a)]
    if not rejected:
        return ""
    verdicts = dict.fromkeys(level.verdict for attempt in rejected for level in _unsound(attempt))
    which = _ORDINALS.get(counting, f"{counting}th")
    count = f"{_NUMBERS.get(len(rejected), len(rejected))} before {'were' if len(rejected) > 1 else 'was'} not sound"
    return f"measured at the {which} attempt; {count}{': ' if verdicts else ''}{', '.join(verdicts)}"


def _rejected(attempt: AttemptState) -> bool:
    return attempt.ended is not None and attempt.ended.cause == FailureCause.INVALID_MEASUREMENT.value


@dataclass(frozen=True)
class _Better:
    """A level that was rejected, and measured more than the best result."""

    result: Result
    level: LevelEnded
    value: float


def better_but_unsound(ranking: Ranking, best: Result) -> list[str]:
    """A sentence for each configuration (three at most) that measured more than the best at a level that was rejected,
    and within the SLO's limits: it may be the better one. Objectives over all levels have no such single level."""
    if ranking.objective.levels != "best" or best.score is None:
        return []
    found = [better for result in ranking.results if result.id != best.id for better in _better(result, ranking, best)]
    lines = [_sentence(better, ranking) for better in found[:MOST_TOLD]]
    hidden = len(found) - MOST_TOLD
    return [*lines, f"The same is true of {hidden} more."] if hidden > 0 else lines


def _better(result: Result, ranking: Ranking, best: Result) -> Iterator[_Better]:
    """The best of the result's rejected levels, where it is better than the best result."""
    sign = 1 if ranking.objective.direction == "maximize" else -1
    attempts = [result.attempt] if result.score is not None else result.experiment.attempts
    values = [
        _Better(result, level, value)
        for attempt in attempts
        if attempt is not None
        for level in _unsound(attempt)
        if not excesses(level.figures, ranking.slo)
        and (value := metric_value(level.figures, ranking.objective.metric)) is not None
    ]
    top = max(values, key=lambda better: sign * better.value, default=None)
    if top is not None and best.score is not None and sign * (top.value - best.score) > 0:
        yield top


def _sentence(better: _Better, ranking: Ranking) -> str:
    more = "more" if ranking.objective.direction == "maximize" else "less"
    value, level = fmt.metric(better.value, ranking.objective.metric), better.level
    where = f"{value} at {level.scenario} x{level.concurrency}"
    why = f": {fmt.one_line(level.why)}" if level.why else ""
    return (
        f"Experiment {better.result.id} ({fmt.parameters(better.result.experiment.parameters)}) measured {more} "
        f"({where}), but was not sound ({level.verdict}{why}): it is not compared."
    )


def _unsound(attempt: AttemptState) -> list[LevelEnded]:
    """Its measured levels that were judged, and rejected."""
    levels = (level.ended for level in attempt.levels.values())
    return [
        level
        for level in levels
        if level is not None
        and level.purpose == "measure"
        and level.verdict != Verdict.CUT.value
        and not Verdict(level.verdict).comparable
    ]
