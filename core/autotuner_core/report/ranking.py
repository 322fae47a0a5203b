"""The results of a run, ranked: what the results file and the summary both stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from autotuner_core.scoring.better import noise_of_difference, rank, tie
from autotuner_core.scoring.metrics import metric_value
from autotuner_core.scoring.objective import Objective, objective_from_json, slo_from_json
from autotuner_core.scoring.sample_figures import HALF_WIDTH

if TYPE_CHECKING:
    from autotuner_core.run.events import AttemptEnded
    from autotuner_core.run.experiment_state import AttemptState, ExperimentState
    from autotuner_core.run.run_state import RunState

FINISHED = ("success", "failed", "skipped", "pruned")


@dataclass(frozen=True, slots=True)
class Result:
    """One experiment that has come to an end, with the attempt that counts: the last scored one, or else the last."""

    experiment: ExperimentState
    attempt: AttemptState | None
    status: str
    objective: Objective

    @property
    def id(self) -> int:
        return self.experiment.id

    @property
    def score(self) -> float | None:
        ended = self._scored_end
        return ended.score if ended is not None else None

    @property
    def feasible(self) -> bool | None:
        ended = self._scored_end
        return ended.feasible if ended is not None and ended.score is not None else None

    @property
    def miss(self) -> float | None:
        ended = self._scored_end
        return ended.miss if ended is not None and ended.score is not None else None

    @property
    def _scored_end(self) -> AttemptEnded | None:
        return self.attempt.ended if self.status == "success" and self.attempt is not None else None

    @property
    def half_width(self) -> float | None:
        """Half the 95 % confidence interval of the score within its measurement, where it is known."""
        width = self._metrics.get(HALF_WIDTH + self.objective.metric)
        return float(width) if isinstance(width, (int, float)) else None

    @property
    def of_whole_levels(self) -> bool:
        """Whether its figures are of whole levels, because its requests had no times."""
        return self._metrics.get("basis") == "level"

    @property
    def _metrics(self) -> Mapping[str, Any]:
        return (self.attempt.ended.metrics if self.attempt and self.attempt.ended else None) or {}

    def metric(self, name: str) -> float | None:
        """One of the figures behind the score."""
        return metric_value(self._metrics, name)

    def is_unsure(self, name: str) -> bool:
        """Whether the metric is a percentile with too few requests behind it."""
        return name.partition(".")[2] in self._metrics.get("unsure", ())


@dataclass(frozen=True)
class Ranking:
    """All results by experiment id, and the scored ones from best to worst. Figures of whole levels are not compared
    with those of windows: where there are both, the former are scored but have no rank (`apart`)."""

    objective: Objective
    slo: dict[str, float]
    results: tuple[Result, ...]
    ranked: tuple[Result, ...]
    baseline: Result | None
    apart: tuple[Result, ...] = ()

    @property
    def best(self) -> Result | None:
        """The best one that meets the SLO."""
        return self.ranked[0] if self.ranked and self.ranked[0].feasible else None

    @property
    def closest(self) -> Result | None:
        """Where none meets the SLO, the one that misses it least."""
        return self.ranked[0] if self.ranked and not self.ranked[0].feasible else None

    @cached_property
    def tied(self) -> tuple[Result, ...]:
        """Those that cannot be told apart from the best one."""
        best = self.best
        if best is None:
            return ()
        return tuple(r for r in self.ranked[1:] if tie(best, r, best.half_width, r.half_width))

    @cached_property
    def tied_ids(self) -> frozenset[int]:
        return frozenset(result.id for result in self.tied)

    @cached_property
    def by_id(self) -> dict[int, Result]:
        return {result.id: result for result in self.results}

    @cached_property
    def places(self) -> dict[int, int]:
        """The rank by experiment id; the best is 1."""
        return {result.id: place for place, result in enumerate(self.ranked, 1)}


def difference(a: Result, b: Result) -> tuple[float, float] | None:
    """(a - b, half its 95 % interval) in the score's unit; None where one has no score."""
    if a.score is None or b.score is None:
        return None
    return a.score - b.score, noise_of_difference(a.score, b.score, a.half_width, b.half_width)


def ranking_of(state: RunState) -> Ranking:
    """The ranking as the run stands. Raises ValueError where the state has no task yet (nothing was recorded)."""
    optimization = state.task.get("optimization")
    if not optimization:
        raise ValueError("the run has not recorded its task yet")
    objective = objective_from_json(state.plan.get("objective") or optimization["objective"])
    slo = slo_from_json(optimization.get("slo"))
    finished = [result for e in state.experiments.values() if (result := _result_of(e, objective)) is not None]
    finished.sort(key=lambda result: result.id)
    scored = [result for result in finished if result.score is not None]
    compared = [result for result in scored if not result.of_whole_levels] or scored
    apart = tuple(result for result in scored if result.of_whole_levels) if len(compared) < len(scored) else ()
    ranked = tuple(rank(compared, objective))
    return Ranking(objective, slo, tuple(finished), ranked, _baseline(state, finished), apart)


def _result_of(experiment: ExperimentState, objective: Objective) -> Result | None:
    """None while it has no end yet. One that is being measured once more keeps its older score until then."""
    if experiment.status in FINISHED:
        counting = experiment.scored if experiment.status == "success" else experiment.latest
        return Result(experiment, counting, experiment.status, objective)
    if experiment.scored is not None:
        return Result(experiment, experiment.scored, "success", objective)
    return None


def _baseline(state: RunState, results: list[Result]) -> Result | None:
    number = state.plan.get("baseline")
    return next((r for r in results if r.id == number or r.experiment.why == "baseline"), None)
