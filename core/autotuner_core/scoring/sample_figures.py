"""Rates and latencies of the requests that were picked out of a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from autotuner_core.scoring import samples as stats
from autotuner_core.scoring.metrics import LATENCIES, PERCENTILES
from autotuner_core.scoring.request import Latencies, token_marks, tokens_per_chunk

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import LevelRun, RequestRow
    from autotuner_core.scoring.window import Span

HALF_WIDTH = "half_width."
"""Before a metric's name: half the 95 % confidence interval of that figure, in its unit. LATENCIES have one of their
mean and percentiles, where there are enough requests."""


@dataclass(frozen=True)
class Sample:
    """What was picked out of a level: the stretch of time and the answered requests that ended in it."""

    run: LevelRun
    span: Span
    rows: list[RequestRow]
    latencies: list[Latencies]


def rates(sample: Sample, limits: Mapping[str, float]) -> dict[str, float]:
    """Rates per second over the span: output tokens by when they came, everything else by when its request ended."""
    run, span, rows = sample.run, sample.span, sample.rows
    if run.timestamps:
        per_chunk = tokens_per_chunk(list(run.rows))
        tokens = [mark for row in run.rows for mark in token_marks(row, per_chunk) if span.holds(mark[0])]
    else:
        tokens = [(span.end, float(row.output_tokens)) for row in rows]
    ends = [row.end if row.end is not None else span.end for row in rows]
    good = [(end, 1.0) for end, latency in zip(ends, sample.latencies, strict=True) if latency.meets(limits)]
    prompts = [(end, float(row.input_tokens)) for end, row in zip(ends, rows, strict=True)]
    marks = {
        "output_throughput": tokens,
        "input_throughput": prompts,
        "total_throughput": tokens + prompts,
        "request_throughput": [(end, 1.0) for end in ends],
        "goodput": good,
    }
    figures = {name: sum(amount for _, amount in marked) / span.seconds for name, marked in marks.items()}
    if run.timestamps and rows:
        figures |= _intervals_of_rates(marks, span, sample.latencies)
    return figures


def _intervals_of_rates(
    marks: Mapping[str, list[tuple[float, float]]], span: Span, requests: list[Latencies]
) -> dict[str, float]:
    whole = stats.mean([request.e2e_latency or 0.0 for request in requests])
    widths = {
        name: stats.half_width(stats.batches_of_rate(marked, span.start, span.end, whole))
        for name, marked in marks.items()
    }
    return {HALF_WIDTH + name: width for name, width in widths.items() if width is not None}


def latency_figures(sample: Sample) -> dict[str, float]:
    """Statistics over the requests by the order of their ends; those of the inter-token latency over all gaps."""
    order = sorted(range(len(sample.rows)), key=lambda i: sample.rows[i].end or 0.0)
    requests = [sample.latencies[i] for i in order]
    figures: dict[str, float] = {}
    for name in LATENCIES:
        samples = [value for request in requests if (value := getattr(request, name)) is not None]
        ordered = sorted(samples)
        figures |= {_name(name, statistic): value for statistic, value in stats.statistics_of(ordered).items()}
        figures |= _intervals(name, samples, ordered) if sample.run.timestamps else {}
    gaps = sorted(gap for request in requests for gap in request.gaps)
    return figures | {_name("itl", statistic): value for statistic, value in stats.statistics_of(gaps).items()}


def _intervals(name: str, samples: Sequence[float], ordered: Sequence[float]) -> dict[str, float]:
    """Half widths of the mean and the percentiles, as far as they are known."""
    widths = {"mean": stats.half_width(stats.batches_of_samples(samples))}
    for percent in PERCENTILES:
        widths[f"p{percent}"] = stats.percentile_half_width(samples, ordered, percent)
    return {_name(HALF_WIDTH + name, statistic): width for statistic, width in widths.items() if width is not None}


@cache
def _name(metric: str, statistic: str) -> str:
    """One text for all levels: a run keeps the figures of thousands."""
    return f"{metric}.{statistic}"
