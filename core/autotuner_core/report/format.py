"""Numbers as people read them: three significant digits with their unit. The one format of every report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autotuner_core.scoring.metrics import METRICS

DIGITS = 3
LEAST_POWER, MOST_POWER = -4, 7
"""Figures of these powers of ten, the last one not among them, are written without it."""

NOTHING = 1e-9
"""Below this a figure is the arithmetic's own noise."""

LONG_HOURS = 1000
LEAST_NOISE = 0.001
"""An interval narrower than this share of its figure says no more than that: nothing is measured so well."""


def number(value: float | None) -> str:
    """Three significant digits: `1840`, `0.0184`; from ten millions on and below a ten-thousandth with the power of
    ten, `1.84e7`, so that no figure is longer than a cell has room for; `-` for no value."""
    if value is None or not math.isfinite(value):
        return "-"
    if abs(value) < NOTHING:
        return "0"
    digits, _, exponent = f"{value:.{DIGITS - 1}e}".partition("e")
    power = int(exponent)
    if not LEAST_POWER <= power < MOST_POWER:
        return f"{digits}e{power}"
    return f"{float(f'{digits}e{power}'):.{max(0, DIGITS - 1 - power)}f}"


def with_unit(value: float | None, unit: str) -> str:
    """`1840 tokens/s`; seconds below one as milliseconds."""
    if value is None or not math.isfinite(value):
        return "-"
    if unit == "s" and abs(value) < 1:
        return f"{number(value * 1000)} ms"
    return f"{number(value)} {unit}".rstrip()


def unit_of(metric: str) -> str:
    """The unit of a metric by its full name; empty for one without, or an unknown one."""
    known = METRICS.get(metric.partition(".")[0])
    return known.unit if known else ""


def metric(value: float | None, name: str) -> str:
    """A metric's value with its unit."""
    return with_unit(value, unit_of(name))


def percent(share: float | None, signed: bool = False) -> str:
    """`31.4 %` for 0.314; with a sign where it is a difference."""
    if share is None or not math.isfinite(share):
        return "-"
    sign = "+" if signed and share > 0 else ""
    return f"{sign}{number(share * 100)} %"


def noise(half_width: float, value: float, name: str) -> str:
    """Half an interval of a metric's value, as `± 4.00 tokens/s`; `± under 0.1 %` for one that is hardly there."""
    if half_width < LEAST_NOISE * abs(value):
        return f"± under {LEAST_NOISE * 100:g} %"
    return f"± {metric(half_width, name)}"


def duration(seconds: float | None) -> str:
    """`12 s`, `3 min 5 s`, `1 h 2 min`; whole hours alone where there are a thousand and more."""
    if seconds is None or not math.isfinite(seconds):
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 3600 * LONG_HOURS:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{number(seconds / 3600)} h"


def value(parameter: Any) -> str:
    """A parameter's value as in a task file."""
    words = {True: "true", False: "false", None: "null"}
    if parameter is None or isinstance(parameter, bool):
        return words[parameter]
    return f"{parameter:g}" if isinstance(parameter, float) else one_line(str(parameter))


def parameters(configuration: Mapping[str, Any]) -> str:
    """`tp_size=2 mem_frac=0.85`."""
    return " ".join(f"{name}={value(given)}" for name, given in configuration.items()) or "(no parameters)"


def one_line(text: str) -> str:
    """A text from outside without line breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
