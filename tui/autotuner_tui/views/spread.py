"""How the latencies of a level's requests are spread."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise

from autotuner_core.report import format as fmt
from autotuner_core.scoring.samples import percentile
from autotuner_tui.streams.attempt_files import Spread
from autotuner_tui.widgets.lines import Line, Piece, fitted, line

BINS = 10
LEAST_STEP = 1e-6
"""Seconds of one bar, where all requests took the same."""
TITLES = {"ttft": "TTFT", "e2e_latency": "end to end"}


def spread_lines(spreads: Sequence[Spread], names: Mapping[int, str], width: int) -> list[Line]:
    """How the latencies of each level are spread: as many requests as a bar is long. Times beyond the 99th percentile
    share the last bar."""
    lines: list[Line] = []
    for spread in spreads:
        count = max((len(values) for values in spread.values.values()), default=0)
        failed = f" · ✘ {spread.failed} failed" if spread.failed else ""
        title = f" level {spread.level}{names.get(spread.level, '')} · {count} requests"
        lines.append(line((title, "strong"), (failed, "bad")))
        charts = [
            histogram(TITLES[name], values, _half(width)) for name, values in spread.values.items() if len(values)
        ]
        if len(charts) == 2 and width >= 60:
            lines += [(*left, Piece("  "), *right) for left, right in zip(*charts, strict=True)]
        else:
            lines += [row for chart in charts for row in chart]
        lines.append(())
    return lines or [line((" how long requests took will stand here once some have ended", "dim"))]


def _half(width: int) -> int:
    return (width - 3) // 2 if width >= 60 else width - 2


def histogram(title: str, values: Sequence[float], width: int) -> list[Line]:
    """A title and BINS rows, each `width` cells. `values` are ascending seconds, at least one."""
    least = values[0]
    step = max((percentile(values, 99) - least) / BINS, LEAST_STEP)
    below = [bisect_left(values, least + at * step) for at in range(BINS)] + [len(values)]
    counts = [end - start for start, end in pairwise(below)]
    room = max(4, width - 18)
    middle, high = _seconds(percentile(values, 50)), _seconds(percentile(values, 95))
    rows: list[Line] = [(Piece(fitted(f" {title}  p50 {middle}  p95 {high}", width), "dim"),)]
    for at, count in enumerate(counts):
        bar = "█" * round(room * count / max(counts)) or ("▏" if count else "")
        last = "+" if at == BINS - 1 else ""
        rows.append(
            (
                Piece(fitted(f"{_seconds(least + at * step)}{last}", 10, right=True), "dim"),
                Piece(f" {fitted(bar, room)}", "accent"),
                Piece(fitted(str(count) if count else "", width - room - 11, right=True), "dim"),
            )
        )
    return rows


def _seconds(value: float) -> str:
    return fmt.with_unit(value, "s")
