"""A score in words: in the objective's unit, and against the best so far."""

from __future__ import annotations

from dataclasses import dataclass

from autotuner_core.run.events import AttemptEnded
from autotuner_core.run.run_state import RunState
from autotuner_core.scoring.better import rank
from autotuner_core.scoring.objective import Objective, objective_from_json
from autotuner_tui.headless.words import plain, with_unit


@dataclass(frozen=True)
class Best:
    """The experiment that leads: its score in the objective's unit, and whether it meets the SLO."""

    experiment: int
    score: float
    unit: str
    feasible: bool


def objective_of(state: RunState) -> Objective | None:
    """What the run is after; None where its task does not say it in words of this version."""
    try:
        return objective_from_json(state.task["optimization"]["objective"])
    except (KeyError, TypeError, ValueError):
        return None


def best_of(state: RunState) -> Best | None:
    """The best scored experiment so far; None before the first."""
    objective = objective_of(state)
    if objective is None:
        return None
    scored = [e.scored.ended for e in state.experiments.values() if e.scored is not None and e.scored.ended is not None]
    ranked = rank([ended for ended in scored if ended.score is not None], objective)
    if not ranked or ranked[0].score is None:
        return None
    return Best(ranked[0].experiment, ranked[0].score, objective.unit, ranked[0].feasible is not False)


def scored_line(event: AttemptEnded, state: RunState) -> str:
    """`scored 143.2 tokens/s (output_throughput), best so far`, or which is, and how far the SLO was missed."""
    objective, best = objective_of(state), best_of(state)
    if objective is None or event.score is None:
        return "scored"
    words = [f"scored {with_unit(event.score, objective.unit)} ({objective.metric})"]
    if event.feasible is False:
        limit = f", by {plain(event.binding_limit)}" if event.binding_limit else ""
        words.append(f"misses the SLO by {event.miss or 0:.0%}{limit}")
    if best is not None:
        words.append(_against(event, best))
    return ", ".join(words)


def _against(event: AttemptEnded, best: Best) -> str:
    missing = "" if best.feasible else ", which misses the SLO"
    if best.experiment == event.experiment:
        return "best so far" if best.feasible else "closest so far"
    return f"best so far: exp {best.experiment} with {with_unit(best.score, best.unit)}{missing}"
