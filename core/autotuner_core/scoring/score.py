"""The score of an attempt, out of its judged levels; or the one cause for which it has none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autotuner_core.scoring.level import JudgedLevel
from autotuner_core.scoring.metrics import metric_names
from autotuner_core.scoring.objective import ObjectiveLike
from autotuner_core.scoring.sample_figures import HALF_WIDTH
from autotuner_core.scoring.slo import excesses, miss
from autotuner_core.scoring.unscored import failure_of_all, failure_of_best, no_value
from autotuner_core.scoring.verdict import Verdict


@dataclass(frozen=True)
class AttemptScore:
    """What an attempt came to.

    `score` is the objective's metric in its own unit. `miss` is the sum over the SLO's limits of the relative excess
    at the deciding level, 0 when feasible, and `binding_limit` the limit missed most there. `metrics` are figures as
    of a level: those of the deciding one, or their mean over all levels. `deciding_level` is the index of the level
    that the score comes from (best) or that misses most (all; None where none misses). `half_width` is half the 95 %
    confidence interval of the score, where it is known; it is in `metrics` too.
    """

    score: float
    feasible: bool
    miss: float
    metrics: Mapping[str, Any] = field(default_factory=dict)
    deciding_level: int | None = None
    binding_limit: str | None = None

    @property
    def half_width_of(self) -> Mapping[str, float]:
        """Half the 95 % confidence interval by metric, where it is known."""
        return {name[len(HALF_WIDTH) :]: width for name, width in self.metrics.items() if name.startswith(HALF_WIDTH)}


def score_attempt(levels: Sequence[JudgedLevel], objective: ObjectiveLike, slo: Mapping[str, float]) -> AttemptScore:
    """Score an attempt by the levels that were run (the warm-up is not one of them).

    Raises ExperimentFailure: overloaded (of the configuration), invalid_measurement with the rule that was broken,
    benchmark_failed where the engine refused every request for what it asked, endpoint_unreachable where none came
    to it.
    """
    measured = [level for level in levels if level.index > 0]
    if objective.levels == "all":
        return _score_of_all(measured, objective, slo)
    return _score_of_best(measured, objective, slo)


def _score_of_all(levels: Sequence[JudgedLevel], objective: ObjectiveLike, slo: Mapping[str, float]) -> AttemptScore:
    if not levels or any(not level.verdict.comparable for level in levels):
        raise failure_of_all(levels)
    if any(level.figures.get(objective.metric) is None for level in levels):
        raise no_value(levels, objective.metric)
    metrics = _mean_of(levels)
    worst = max(levels, key=lambda level: (level.verdict is Verdict.SLO_MISSED, miss(level.figures.values, slo)))
    if worst.verdict is not Verdict.SLO_MISSED:
        return AttemptScore(metrics[objective.metric], True, 0.0, metrics)
    return _missed(worst, metrics[objective.metric], metrics, slo)


def _score_of_best(levels: Sequence[JudgedLevel], objective: ObjectiveLike, slo: Mapping[str, float]) -> AttemptScore:
    comparable = [level for level in levels if level.verdict.comparable]
    if not comparable:
        raise failure_of_best(levels)
    valued = [level for level in comparable if level.figures.get(objective.metric) is not None]
    if not valued:
        raise no_value(comparable, objective.metric)
    sign = 1 if objective.direction == "minimize" else -1
    meeting = [level for level in valued if level.verdict is Verdict.OK]
    if meeting:
        best = min(meeting, key=lambda level: sign * _value(level, objective))
        return AttemptScore(_value(best, objective), True, 0.0, best.figures.to_json(), best.index)
    nearest = min(valued, key=lambda level: (miss(level.figures.values, slo), sign * _value(level, objective)))
    return _missed(nearest, _value(nearest, objective), nearest.figures.to_json(), slo)


def _missed(level: JudgedLevel, score: float, metrics: Mapping[str, Any], slo: Mapping[str, float]) -> AttemptScore:
    excess = excesses(level.figures.values, slo)
    binding = excess[0].metric if excess else None
    return AttemptScore(score, False, miss(level.figures.values, slo), metrics, level.index, binding)


def _value(level: JudgedLevel, objective: ObjectiveLike) -> float:
    value = level.figures.get(objective.metric)
    assert value is not None
    return value


def _mean_of(levels: Sequence[JudgedLevel]) -> dict[str, Any]:
    """Every metric that all levels have, averaged over them; its interval too, the levels being independent."""
    count = len(levels)
    figures = [level.figures.values for level in levels]
    means: dict[str, Any] = {}
    for name in metric_names():
        if all(name in values for values in figures):
            means[name] = math.fsum(values[name] for values in figures) / count
        width = HALF_WIDTH + name
        if all(width in values for values in figures):
            means[width] = math.hypot(*(values[width] for values in figures)) / count
    unsure = {percentile for values in figures for percentile in values.get("unsure", ())}
    basis = "window" if all(level.figures.of_window for level in levels) else "level"
    return means | {"basis": basis, "unsure": sorted(unsure), "levels": count}
