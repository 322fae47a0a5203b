"""Which of two results is better: decided here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol, TypeVar

from autotuner_core.scoring.objective import ObjectiveLike
from autotuner_core.scoring.samples import Z_975

NOISE_BETWEEN_STARTS = 0.01
"""Relative standard deviation of a figure between two measurements of the same configuration. Repeated measurements of
real servers differ by 0.4 % (tpot) to 2 % (ttft) at the median; what a single level shows of itself is less."""

UNKNOWN_HALF_WIDTH = 0.05
"""Relative half width of a score whose own noise is not known: a maximum, say, or one of very few requests.
Percentiles of repeated measurements differ by 2 to 20 % in the tail."""


class Scored(Protocol):
    """A result as it is compared. `score` is None where the attempt has none."""

    @property
    def score(self) -> float | None: ...
    @property
    def feasible(self) -> bool | None: ...
    @property
    def miss(self) -> float | None: ...


AnyScored = TypeVar("AnyScored", bound=Scored)


def merit(result: Scored, objective: ObjectiveLike) -> tuple[int, float, float]:
    """Ascending from the best: feasible ones by their score, then those that miss the SLO by their miss (then by
    score), then those without a score."""
    score = result.score
    if score is None or math.isnan(score):
        return 2, 0.0, 0.0
    score = score if objective.direction == "minimize" else -score
    return (0, 0.0, score) if result.feasible else (1, result.miss or 0.0, score)


def better(a: Scored, b: Scored, objective: ObjectiveLike) -> bool:
    """Whether `a` is truly better than `b`; False for equals."""
    return merit(a, objective) < merit(b, objective)


def rank(results: Iterable[AnyScored], objective: ObjectiveLike) -> list[AnyScored]:
    """The results from best to worst; equals stay in the order in which they came."""
    return sorted(results, key=lambda result: merit(result, objective))


def noise_of_difference(
    a: float, b: float, half_width_a: float | None = None, half_width_b: float | None = None
) -> float:
    """Half the 95 % interval of the difference of two scores, in their unit: each one's own half width (batch means
    within its measurement, or UNKNOWN_HALF_WIDTH) and the noise between two starts of a server, added in quadrature."""
    own_a = UNKNOWN_HALF_WIDTH * a if half_width_a is None else half_width_a
    own_b = UNKNOWN_HALF_WIDTH * b if half_width_b is None else half_width_b
    between = Z_975 * NOISE_BETWEEN_STARTS
    parts = (own_a, own_b, between * a, between * b)
    return math.sqrt(math.fsum(part * part for part in parts))


def tie(a: Scored, b: Scored, half_width_a: float | None = None, half_width_b: float | None = None) -> bool:
    """Whether the scores of two results cannot be told apart. Results that differ in whether they meet the SLO, or
    that have no score, are never a tie."""
    if a.score is None or b.score is None or bool(a.feasible) != bool(b.feasible):
        return False
    return abs(a.score - b.score) <= noise_of_difference(a.score, b.score, half_width_a, half_width_b)
