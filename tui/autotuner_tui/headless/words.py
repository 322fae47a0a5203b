"""Figures, times and foreign texts as a person reads them in one line."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f]+")


def plain(text: object, longest: int = 400) -> str:
    """A text from outside (a log line, an engine's message) in one line, cut, without control characters."""
    line = " ".join(_CONTROL.sub(" ", str(text)).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 12 s`, `1 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def number(value: float) -> str:
    """Four significant digits, without an exponent where people expect none."""
    if value != 0 and (abs(value) < 0.0001 or abs(value) >= 1e9):
        return f"{value:.3g}"
    digits = max(0, 4 - len(f"{abs(value):.0f}")) if abs(value) >= 1 else 4
    return f"{value:.{digits}f}"


def with_unit(value: float, unit: str) -> str:
    """`143.2 tokens/s`; seconds below one as milliseconds."""
    if unit == "s" and abs(value) < 1:
        return f"{number(value * 1000)} ms"
    return f"{number(value)} {unit}".rstrip()


def parameters(configuration: Mapping[str, Any]) -> str:
    """`tp_size=2 mem_frac=0.85`; values as in JSON where they are not words."""
    words = {True: "true", False: "false", None: "null"}
    shown = (
        f"{name}={words[value] if value is None or isinstance(value, bool) else plain(value, 60)}"
        for name, value in configuration.items()
    )
    return " ".join(shown) or "(no parameters)"


def level_name(level: int, of: int, scenario: str, concurrency: int) -> str:
    """`level 2/3 D(100,100) x4`; the warm-up is level 0."""
    place = "warm-up" if level == 0 else f"level {level}/{of}" if of else f"level {level}"
    return f"{place} {plain(scenario, 40)} x{concurrency}"


def clock(ts: float) -> str:
    """A time of the journal as the local wall clock shows it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ts))


def ago(seconds: float) -> str:
    """`12 s ago`, `3 h ago`, `5 days ago`."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{max(0.0, seconds):.0f} s ago"
