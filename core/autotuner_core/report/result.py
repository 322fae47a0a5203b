"""One experiment's result: what it has come to, and how far two of them are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autotuner_core.scoring.better import noise_of_difference
from autotuner_core.scoring.metrics import metric_value
from autotuner_core.scoring.objective import Objective
from autotuner_core.scoring.sample_figures import HALF_WIDTH

if TYPE_CHECKING:
    from autotuner_core.run.events import AttemptEnded
    from autotuner_core.run.experiment_state import AttemptState, ExperimentState

FINISHED = ("success", "failed", "skipped", "pruned")


@dataclass(frozen=True, slots=True)
class Result:
    """One experiment that has come to an end, with the attempt that counts (the last scored one, or else the last) and
    how that one ended."""

    experiment: ExperimentState
    attempt: AttemptState | None
    status: str
    objective: Objective
    ended: AttemptEnded | None

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
        return self.ended if self.status == "success" else None

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
        return (self.ended.metrics if self.ended is not None else None) or {}

    def stands_on_the_same(self, other: Result) -> bool:
        """Whether both are of the very same record."""
        return (
            self.experiment is other.experiment
            and self.attempt is other.attempt
            and self.ended is other.ended
            and self.status == other.status
            and self.objective == other.objective
        )

    def metric(self, name: str) -> float | None:
        """One of the figures behind the score."""
        return metric_value(self._metrics, name)

    def is_unsure(self, name: str) -> bool:
        """Whether the metric is a percentile with too few requests behind it."""
        return name.partition(".")[2] in self._metrics.get("unsure", ())


def result_of(experiment: ExperimentState, objective: Objective) -> Result | None:
    """None while it has no end yet. One that is being measured once more keeps its older score until then."""
    scored = experiment.scored
    if experiment.status in FINISHED:
        status, attempt = experiment.status, scored if experiment.status == "success" else experiment.latest
    elif scored is not None:
        status, attempt = "success", scored
    else:
        return None
    return Result(experiment, attempt, status, objective, attempt.ended if attempt is not None else None)


def difference(a: Result, b: Result) -> tuple[float, float] | None:
    """(a - b, half its 95 % interval) in the score's unit; None where one has no score."""
    if a.score is None or b.score is None:
        return None
    return a.score - b.score, noise_of_difference(a.score, b.score, a.half_width, b.half_width)
