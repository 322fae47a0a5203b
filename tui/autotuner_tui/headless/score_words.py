"""A score in words: in the objective's unit, and against the best so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autotuner_core.report.format import metric, percent, with_unit
from autotuner_core.report.ranker import ranking_of
from autotuner_core.run.events import AttemptEnded
from autotuner_core.run.run_state import RunState
from autotuner_core.scoring.metrics import metric_value
from autotuner_core.scoring.objective import slo_from_json


@dataclass(frozen=True)
class Best:
    """The experiment that leads: its score in the objective's unit, and whether it meets the SLO."""

    experiment: int
    score: float
    unit: str
    feasible: bool


def best_of(state: RunState) -> Best | None:
    """The best scored experiment so far, or the one that misses the SLO least; None before the first score."""
    try:
        ranking = ranking_of(state)
    except ValueError:  # nothing was recorded yet, or an objective of a newer version
        return None
    leader = ranking.best or ranking.closest
    if leader is None or leader.score is None:
        return None
    return Best(leader.id, leader.score, ranking.objective.unit, leader is ranking.best)


def scored_line(event: AttemptEnded, state: RunState) -> str:
    """`scored 143 tokens/s, best so far`, or which experiment is, and how far the SLO was missed."""
    best = best_of(state)
    if best is None or event.score is None:
        return "scored"
    words = [f"scored {with_unit(event.score, best.unit)}"]
    if event.feasible is False:
        words.append(_missed(event, slo_from_json((state.task.get("optimization") or {}).get("slo"))))
    words.append(_against(event, best))
    return ", ".join(words)


def _missed(event: AttemptEnded, slo: Mapping[str, float]) -> str:
    """`misses the SLO: ttft.p95 is 620 ms, at most 500 ms is asked`: by the limit that is missed most."""
    name = event.binding_limit or ""
    value, limit = metric_value(event.metrics or {}, name) if name in slo else None, slo.get(name)
    if value is None or limit is None or value <= limit:  # over all levels the mean may be within it
        return f"misses the SLO by {percent(event.miss)}"
    most = " most of all" if len(slo) > 1 else ""
    return f"misses the SLO{most}: {name} is {metric(value, name)}, at most {metric(limit, name)} is asked"


def _against(event: AttemptEnded, best: Best) -> str:
    missing = "" if best.feasible else ", which misses the SLO"
    if best.experiment == event.experiment:
        return "best so far" if best.feasible else "closest so far"
    return f"best so far: exp {best.experiment} with {with_unit(best.score, best.unit)}{missing}"
