"""How well a figure of a level under way is known by now: its value and half width, by the same rules as the figures of
a level that has ended, but added up request by request."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from autotuner_core.scoring import samples as stats
from autotuner_core.scoring.metrics import PER_GPU
from autotuner_core.scoring.request import Latencies, token_marks
from autotuner_core.scoring.wanted import FEWEST_BATCHES, PERCENTILE, RATES, can_be_told
from autotuner_core.scoring.window import Span

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import RequestRow

_BIN_SECONDS = 0.01
_MOST_BINS = 50_000


class Estimate(NamedTuple):
    """A figure and half its 95 % confidence interval, in its unit."""

    value: float
    half_width: float


class Estimator(Protocol):
    """One figure, added up."""

    def came(self, row: RequestRow, latency: Latencies) -> None:
        """An answered request came to its end."""

    def settled(self, latency: Latencies) -> None:
        """An answered request is known to be in the window; called in the order of their ends."""

    def estimate(self, span: Span, whole: float) -> Estimate | None:
        """As of the stretch that is known in full, a request taking `whole` seconds; None where it cannot be told."""


def estimator_of(metric: str, limits: Mapping[str, float], max_seconds: float) -> Estimator | None:
    """What adds up this metric; None for one whose half width is not known (a maximum, say, or gaps between tokens).
    `limits` are those of single requests, for goodput; a level takes `max_seconds` at most."""
    if not can_be_told(metric):
        return None
    base, _, statistic = metric.removesuffix(PER_GPU).partition(".")
    if base in RATES:
        return _Rate(base, limits, max(_BIN_SECONDS, max_seconds / _MOST_BINS))
    percentile = PERCENTILE.fullmatch(statistic)
    return _Latency(base, int(percentile[1]) if percentile else None)


class _Latency:
    """A mean (percent is None) or a percentile over the requests."""

    def __init__(self, metric: str, percent: int | None) -> None:
        self._metric, self._percent = metric, percent
        self._samples: list[float] = []

    def came(self, row: RequestRow, latency: Latencies) -> None:
        """Counts when it settles."""

    def settled(self, latency: Latencies) -> None:
        value = getattr(latency, self._metric)
        if value is not None:
            self._samples.append(value)

    def estimate(self, span: Span, whole: float) -> Estimate | None:
        batches = stats.batches_of_samples(self._samples)
        if len(batches) < FEWEST_BATCHES:
            return None
        if self._percent is None:
            width = _careful_half_width(batches)
            return None if width is None else Estimate(stats.mean(self._samples), width)
        ordered = sorted(self._samples)
        width = stats.percentile_half_width(self._samples, ordered, self._percent)
        return None if width is None else Estimate(stats.percentile(ordered, self._percent), width)


class _Rate:
    """Amounts per second, collected in short bins of which the slices of the span are made."""

    def __init__(self, metric: str, limits: Mapping[str, float], bin_seconds: float) -> None:
        self._metric, self._limits, self._bin_seconds = metric, limits, bin_seconds
        self._bins: defaultdict[int, float] = defaultdict(float)

    def came(self, row: RequestRow, latency: Latencies) -> None:
        for moment, amount in self._marks(row, latency):
            self._bins[int(moment / self._bin_seconds)] += amount

    def settled(self, latency: Latencies) -> None:
        """Counted when it came: output is told by when it came, also before the window of its request's end."""

    def _marks(self, row: RequestRow, latency: Latencies) -> Sequence[tuple[float, float]]:
        end = row.end or 0.0
        if self._metric == "goodput":
            return [(end, float(latency.meets(self._limits)))]
        if self._metric == "request_throughput":
            return [(end, 1.0)]
        prompt = [(end, float(row.input_tokens))] if self._metric != "output_throughput" else []
        return prompt if self._metric == "input_throughput" else [*prompt, *token_marks(row, 1.0)]

    def estimate(self, span: Span, whole: float) -> Estimate | None:
        first, last = math.ceil(span.start / self._bin_seconds), int(span.end / self._bin_seconds)
        number = stats.slices_of(span.seconds, whole)
        size = (last - first) // number
        if size < 1 or number < FEWEST_BATCHES:
            return None
        first = last - number * size
        amounts = [self._bins.get(index, 0.0) for index in range(first, last)]
        slices = [math.fsum(amounts[i * size : (i + 1) * size]) / (size * self._bin_seconds) for i in range(number)]
        width = _careful_half_width(slices)
        return None if width is None else Estimate(stats.mean(slices), width)


def _careful_half_width(batches: Sequence[float]) -> float | None:
    """The wider one of the half widths by these batches and by pairs of them. Where neighbours resemble each other,
    pairs tell more of it; and an interval that is narrow by luck is seldom so in both ways."""
    odd = len(batches) % 2
    pairs = [stats.mean(batches[i : i + 2]) for i in range(odd, len(batches), 2)]
    widths = [width for each in (batches, pairs) if (width := stats.half_width(each)) is not None]
    return max(widths, default=None)
