"""Whether the objective's figure of a level under way is known well enough for the level to end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from autotuner_core.scoring.answers import ValidityLike
from autotuner_core.scoring.estimates import Estimate, Estimator, estimator_of
from autotuner_core.scoring.request import Latencies
from autotuner_core.scoring.slo import request_limits
from autotuner_core.scoring.wanted import LEAST_SECONDS, LOOKS_GROW, LOOKS_IN_A_ROW, fewest_requests
from autotuner_core.scoring.window import Span

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import Level, RequestRow


class Precision:
    """Looks at the objective's figure, and at those that the SLO limits: while such a limit lies within a figure's
    interval the level's verdict is open, and it goes on.

    Looking again and again until an interval is narrow enough makes it too narrow (optional stopping): relative
    half-width rules keep their coverage only with a least sample size and few, growing looks (Law and Carson 1979, Law
    and Kelton 1982). What this one keeps is measured in tests/bench/early_end.py.
    """

    def __init__(
        self, level: Level, metric: str, precision: float, slo: Mapping[str, float], validity: ValidityLike
    ) -> None:
        limits = request_limits(slo)
        self._precision, self._slo, self._metric = precision, slo, metric
        found = {name: estimator_of(name, limits, level.max_seconds) for name in {metric, *slo}}
        self._estimators: dict[str, Estimator] = {name: each for name, each in found.items() if each is not None}
        self._next = fewest_requests(level, [metric, *slo], validity)
        self._count, self._seconds, self._in_a_row = 0, 0.0, 0

    def came(self, row: RequestRow, latency: Latencies) -> None:
        """An answered request came to its end."""
        for estimator in self._estimators.values():
            estimator.came(row, latency)

    def settled(self, latency: Latencies) -> None:
        """An answered request is known to be in the window; called in the order of their ends."""
        self._count += 1
        self._seconds += latency.e2e_latency or 0.0
        for estimator in self._estimators.values():
            estimator.settled(latency)

    def known(self, span: Span, sound: Callable[[], bool]) -> bool:
        """Whether the level may end, as of the stretch that is known in full. Looks only when it is time for a look.
        `sound` tells whether the level would be compared with others as it is then."""
        if self._metric not in self._estimators or self._count < self._next or span.seconds < LEAST_SECONDS:
            return False
        self._next = math.ceil(self._count * LOOKS_GROW)
        self._in_a_row = self._in_a_row + 1 if self._look(span) and sound() else 0
        return self._in_a_row >= LOOKS_IN_A_ROW

    def _look(self, span: Span) -> bool:
        whole = self._seconds / self._count
        objective = self._estimators[self._metric].estimate(span, whole)
        if objective is None or not objective.half_width <= self._precision * abs(objective.value):
            return False
        estimates = {name: each.estimate(span, whole) for name, each in self._estimators.items() if name in self._slo}
        return all(_decided(estimate, self._slo[name]) for name, estimate in estimates.items())


def _decided(estimate: Estimate | None, limit: float) -> bool:
    """Whether the limit lies outside the figure's interval."""
    return estimate is not None and abs(estimate.value - limit) > estimate.half_width
