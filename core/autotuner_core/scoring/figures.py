"""The figures of a level, recomputed from its single requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autotuner_core.scoring import samples as stats
from autotuner_core.scoring.metrics import PER_GPU, metric_value
from autotuner_core.scoring.request import (
    answered,
    empty,
    failed,
    latencies,
)
from autotuner_core.scoring.sample_figures import HALF_WIDTH, Sample, latency_figures, rates
from autotuner_core.scoring.slo import request_limits
from autotuner_core.scoring.window import Span, held_window, in_flight

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import LevelRun, RequestRow

_PER_GPU_METRICS = ("output_throughput", "total_throughput", "request_throughput", "goodput")


@dataclass(frozen=True)
class LevelFigures:
    """The figures of a level: one flat mapping, the same in memory and on disk, without NaN or Infinity.

    Besides the metrics by name (`output_throughput`, `ttft.p95`; absent where there is no value):

    - `basis`: `window` (the asked concurrency was held) or `level` (the whole level: no times, or never held)
    - `window_start`, `window_seconds`: where it lies, in seconds from the start of the load
    - `concurrency`: requests in flight on average; absent without times
    - `num_requests`: answered requests that ended in the window (the samples of the latencies)
    - `num_errors`, `num_empty`, `num_cut`: failed, empty and cut requests of the whole level; `error_rate`: failed ones
      as a share of all that ended, over the whole level
    - `mean_input_tokens`, `mean_output_tokens`: per answered request
    - `half_width.NAME`: half the 95 % confidence interval of a rate or mean (batch means) or a percentile of latencies
      (samples.percentile_half_width)
    - `unsure`: the percentiles that have too few samples behind them
    """

    values: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> float | None:
        """A metric by its full name. Raises ValueError for a name that is none."""
        return metric_value(self.values, name)

    def number(self, name: str) -> float:
        """One of the other numbers by its key (`num_requests`); 0 where it is absent."""
        return float(self.values.get(name, 0.0))

    @property
    def of_window(self) -> bool:
        return self.values.get("basis") == "window"

    def to_json(self) -> dict[str, Any]:
        """The figures as they are written to the journal and the results file."""
        return dict(self.values)


def figures_of(run: LevelRun, *, slo: Mapping[str, float], gpu_count: float = 0) -> LevelFigures:
    """All figures of a level. `slo` defines goodput (every answered request is good without one); figures per GPU are
    there where `gpu_count` is above 0."""
    window = held_window(run) if run.timestamps else None
    span = window or Span(run.started, run.ended)
    rows = [row for row in run.rows if answered(row) and _ended_in(row, span)]
    sample = Sample(run, span, rows, [latencies(row) for row in rows])
    values = {"basis": "window" if window else "level", **_counts(sample)}
    values |= rates(sample, request_limits(slo)) if span.seconds > 0 else {}
    values |= latency_figures(sample)
    values |= _per_gpu(values, gpu_count)
    return LevelFigures(values)


def _ended_in(row: RequestRow, span: Span) -> bool:
    return row.end is None or span.holds(row.end)


def _counts(sample: Sample) -> dict[str, Any]:
    run, span = sample.run, sample.span
    errors = sum(failed(row) for row in run.rows)
    blank = sum(empty(row) for row in run.rows)
    ended = errors + blank + sum(answered(row) for row in run.rows)
    counts: dict[str, Any] = {
        "window_start": span.start - run.started,
        "window_seconds": span.seconds,
        "num_requests": len(sample.rows),
        "num_errors": errors,
        "num_empty": blank,
        "num_cut": len(run.rows) - ended,
        "error_rate": errors / ended if ended else 0.0,
        "unsure": list(stats.unsure_statistics(len(sample.rows))),
    }
    if run.timestamps:
        counts["concurrency"] = in_flight(run.rows, span, run.ended)
    if sample.rows:
        counts["mean_input_tokens"] = stats.mean([row.input_tokens for row in sample.rows])
        counts["mean_output_tokens"] = stats.mean([row.output_tokens for row in sample.rows])
    return counts


def _per_gpu(values: Mapping[str, Any], gpu_count: float) -> dict[str, float]:
    if gpu_count <= 0:
        return {}
    names = [prefix + metric for prefix in ("", HALF_WIDTH) for metric in _PER_GPU_METRICS]
    return {name + PER_GPU: values[name] / gpu_count for name in names if name in values}
