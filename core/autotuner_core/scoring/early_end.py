"""A level that ends when it knows enough: because its SLO is lost for certain, or its figure known well enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from autotuner_core.scoring.answers import ValidityLike
from autotuner_core.scoring.level import judge
from autotuner_core.scoring.lost_slo import LostSlo
from autotuner_core.scoring.precision import Precision
from autotuner_core.scoring.request import answered, empty, failed, latencies
from autotuner_core.scoring.settled import Settled

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import Level, LevelRun, RequestRow, SoFar

Reason = Literal["slo", "precision"]


class EarlyEnd:
    """Watches one level (benchmark.base.LevelWatch). `precision` None: only a lost SLO ends it.

    A level with more errors than `validity` allows is never ended early: of a shortened one they would be a larger
    share, and it is overload that it is to be told by. Nor does precision end one that would not be compared
    with others as it is so far (not steady, say): it would only have to be measured again.
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
        self._slo, self._validity = slo, validity
        self._stretch = Settled(level.concurrency)
        self._lost = LostSlo(level, slo)
        self._precision = None if precision is None else Precision(level, metric, precision, slo, validity)
        self._ended = self._failed = self._empty = 0

    def look(self, rows: Sequence[RequestRow], so_far: SoFar) -> Reason | None:
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
        return self._reason(so_far)

    def _came(self, row: RequestRow) -> None:
        if row.end is None:
            return  # cut: the level is over anyway
        self._ended += 1
        self._failed += failed(row)
        self._empty += empty(row)
        if self._precision is not None and answered(row):
            self._precision.came(row, latencies(row))

    def _reason(self, so_far: SoFar) -> Reason | None:
        if self._failed + self._empty > self._validity.max_error_rate * self._ended:
            return None
        if self._lost.lost(self._failed, self._empty):
            return "slo"
        span = self._stretch.span
        if self._precision is None or span is None:
            return None
        return "precision" if self._precision.known(span, lambda: self._comparable(so_far(span.end))) else None

    def _comparable(self, run: LevelRun) -> bool:
        return judge(run, validity=self._validity, slo=self._slo).verdict.comparable
