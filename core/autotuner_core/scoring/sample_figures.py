"""Rates and latencies of the requests that were picked out of a level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autotuner_core.scoring import samples as stats
from autotuner_core.scoring.request import Latencies, token_marks, tokens_per_chunk

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import LevelRun, RequestRow
    from autotuner_core.scoring.window import Span

HALF_WIDTH = "half_width."
"""Before a metric's name: half the 95 % confidence interval of that figure, in its unit."""

_WITH_INTERVAL = ("ttft", "tpot", "e2e_latency", "output_latency")


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
    read: dict[str, Callable[[Latencies], float | None]] = {
        "ttft": lambda request: request.ttft,
        "tpot": lambda request: request.tpot,
        "e2e_latency": lambda request: request.e2e_latency,
        "output_latency": lambda request: request.output_latency,
    }
    for name in _WITH_INTERVAL:
        samples = [value for request in requests if (value := read[name](request)) is not None]
        figures |= {f"{name}.{statistic}": value for statistic, value in stats.statistics_of(samples).items()}
        width = stats.half_width(stats.batches_of_samples(samples)) if sample.run.timestamps else None
        if width is not None:
            figures[f"{HALF_WIDTH}{name}.mean"] = width
    gaps = [gap for request in requests for gap in request.gaps]
    return figures | {f"itl.{statistic}": value for statistic, value in stats.statistics_of(gaps).items()}
