"""A level that ends when it knows enough: because its SLO is lost for certain, or its figure known well enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from autotuner_core.scoring.answers import ValidityLike
from autotuner_core.scoring.lost_slo import LostSlo
from autotuner_core.scoring.precision import Precision
from autotuner_core.scoring.request import answered, empty, failed, latencies
from autotuner_core.scoring.settled import Settled

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import Level, RequestRow

Reason = Literal["slo", "precision"]


class EarlyEnd:
    """Watches one level (benchmark.base.LevelWatch). `precision` None: only a lost SLO ends it.

    A level with more errors than `validity` allows is never ended early: of a shortened one they would be a larger
    share, and it is overload that it is to be told by.
    """

    def __init__(
        self,
        level: Level,
        *,
        metric: str,
        precision: float | None,
        slo: Mapping[str, float],
        validity: ValidityLike,
    ) -> None:
        self._max_error_rate = validity.max_error_rate
        self._stretch = Settled(level.concurrency)
        self._lost = LostSlo(level, slo)
        self._precision = None if precision is None else Precision(level, metric, precision, slo, validity)
        self._ended = self._failed = self._empty = 0

    def look(self, rows: Sequence[RequestRow]) -> Reason | None:
        """Take the requests that have ended since the last look; why the level may end now, if it may."""
        if not rows:
            return None
        for row in rows:
            self._came(row)
        for row in filter(answered, self._stretch.take(rows)):
            latency = latencies(row)
            self._lost.settled(latency)
            if self._precision is not None:
                self._precision.settled(latency)
        return self._reason()

    def _came(self, row: RequestRow) -> None:
        if row.end is None:
            return  # cut: the level is over anyway
        self._ended += 1
        self._failed += failed(row)
        self._empty += empty(row)
        if self._precision is not None and answered(row):
            self._precision.came(row, latencies(row))

    def _reason(self) -> Reason | None:
        if self._failed + self._empty > self._max_error_rate * self._ended:
            return None
        if self._lost.lost(self._failed, self._empty):
            return "slo"
        span = self._stretch.span
        if self._precision is not None and span is not None and self._precision.known(span):
            return "precision"
        return None
