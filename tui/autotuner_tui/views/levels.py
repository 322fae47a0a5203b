"""The levels of an attempt: verdicts, every figure with how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autotuner_core.report import format as fmt
from autotuner_core.run.experiment_state import AttemptState, LevelState
from autotuner_core.scoring.metrics import METRICS, STATISTICS
from autotuner_core.scoring.sample_figures import HALF_WIDTH
from autotuner_core.scoring.verdict import Verdict
from autotuner_tui.headless.words import plain
from autotuner_tui.views.wrapped import wrapped
from autotuner_tui.widgets.lines import Line, Piece, fitted, line

NAME_CELLS, CELLS = 15, 9
WEIGHTIEST = ("mean", "p50", "p95", "p99", "p90", "max", "min", "p75", "p25", "stddev")
"""Which statistics a narrow panel shows."""


def level_lines(attempt: AttemptState | None, width: int) -> list[Line]:
    """A block for each level that was measured, is under way or was not run."""
    levels = [level for number, level in sorted(attempt.levels.items()) if number > 0] if attempt is not None else []
    lines: list[Line] = []
    for level in levels:
        lines += [*_block(level, width), ()]
    return lines or [line((" the figures of each level will stand here when it has been measured", "dim"))]


def _block(level: LevelState, width: int) -> list[Line]:
    of = level.ended or level.skipped or level.started
    name = f" level {level.level} · {plain(of.scenario, 40)} x{of.concurrency}" if of else f" level {level.level}"
    if level.ended is None:
        words = f" · not run: {plain(level.skipped.reason)}" if level.skipped else " · under way"
        return [line((name, "strong"), (words, "dim" if level.skipped else "busy"))]
    ended = level.ended
    sound = Verdict(ended.verdict).comparable if ended.verdict in {v.value for v in Verdict} else False
    style = "good" if ended.verdict == "ok" else "warn" if sound else "bad"
    sign = {"good": "✔", "warn": "◐", "bad": "✘"}[style]
    lines = [line((name, "strong"), (f" · {sign} {ended.verdict.replace('_', ' ')}", style))]
    if why := "; ".join(text for text in (ended.why, f"ended by {ended.ended_by}" if ended.ended_by else "") if text):
        lines += wrapped(why, width, "dim")
    lines += [*_rates(ended.figures), *_latencies(ended.figures, width), *_others(ended.figures, width)]
    for note in (*ended.notes, *ended.evidence):
        lines += wrapped(note, width, "dim")
    if ended.engine:
        told = " · ".join(f"{key} {_value(value)}" for key, value in ended.engine.items())
        lines += wrapped(f"engine: {told}", width, "dim")
    return lines


def _rates(figures: Mapping[str, Any]) -> list[Line]:
    """Figures of the whole level, each with half its 95 % interval."""
    lines = []
    for name, metric in METRICS.items():
        value = figures.get(name)
        if metric.per_request or not isinstance(value, (int, float)):
            continue
        half = figures.get(HALF_WIDTH + name)
        noise = f"  {fmt.noise(half, value, name)}" if isinstance(half, (int, float)) else ""
        shown = fmt.percent(value) if name == "error_rate" else fmt.metric(value, name)
        lines.append(line((f" {fitted(name, 28)}", "dim"), shown, (noise, "dim")))
    return lines


def _latencies(figures: Mapping[str, Any], width: int) -> list[Line]:
    """A row for each latency in milliseconds, a column for each statistic; `~` where too few requests are behind it."""
    kept = WEIGHTIEST[: max(1, (width - NAME_CELLS) // CELLS)]
    statistics = [statistic for statistic in STATISTICS if statistic in kept]
    unsure = figures.get("unsure") or ()
    rows: list[Line] = []
    for name, metric in METRICS.items():
        if not metric.per_request or figures.get(f"{name}.mean") is None:
            continue
        cells = [_milliseconds(figures.get(f"{name}.{s}"), s in unsure) for s in statistics]
        rows.append(
            (Piece(f" {fitted(name, NAME_CELLS - 1)}", "dim"), *(Piece(fitted(c, CELLS, right=True)) for c in cells))
        )
    if not rows:
        return []
    head = "".join(fitted(statistic, CELLS, right=True) for statistic in statistics)
    return [line((f" {fitted('ms', NAME_CELLS - 1)}{head}", "dim")), *rows]


def _milliseconds(value: Any, unsure: bool) -> str:
    return ("~" if unsure else "") + fmt.number(value * 1000) if isinstance(value, (int, float)) else "-"


def _others(figures: Mapping[str, Any], width: int) -> list[Line]:
    """What is neither a metric nor its interval."""
    known = {name for name in figures if name.partition(".")[0] in METRICS or name.startswith(HALF_WIDTH)}
    told = [f"{name} {_value(value)}" for name, value in figures.items() if name not in known and name != "unsure"]
    return wrapped(" · ".join(told), width, "dim") if told else []


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{key} {_value(one)}" for key, one in value.items()) + ")"
    if isinstance(value, float):
        return fmt.number(value)
    return plain(str(value), 60)
