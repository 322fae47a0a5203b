"""A level in a line: its verdict and the figures that people look at first."""

from __future__ import annotations

from autotuner_core.report.format import metric
from autotuner_core.run.events import LevelEnded, LevelSkipped
from autotuner_core.scoring.metrics import metric_value
from autotuner_tui.headless.words import level_name, plain

KEY_FIGURES = (("output_throughput", ""), ("ttft.p95", "TTFT p95 "), ("tpot.p95", "TPOT p95 "))


def level_ended(event: LevelEnded, of: int) -> str:
    """`level 2/3 D(100,100) x4: ok, 143.2 tokens/s, TTFT p95 310.0 ms, TPOT p95 21.00 ms`."""
    name = level_name(event.level, of, event.scenario, event.concurrency)
    because = f" ({plain(event.why)})" if event.why and event.verdict != "ok" else _known(event)
    return ", ".join([f"{name}: {event.verdict}{because}", *key_figures(event)])


def _known(event: LevelEnded) -> str:
    if event.ended_by != "precision":
        return ""
    return f" (known by precision after {event.figures.get('num_requests', 0)} requests)"


def key_figures(event: LevelEnded) -> list[str]:
    """The figures that the level has, with their units."""
    values = ((name, label, metric_value(event.figures, name)) for name, label in KEY_FIGURES)
    return [label + metric(value, name) for name, label, value in values if value is not None]


def level_skipped(event: LevelSkipped, of: int) -> str:
    """`level 3/3 D(100,100) x16 not run: reason`."""
    return f"{level_name(event.level, of, event.scenario, event.concurrency)} not run: {plain(event.reason)}"
