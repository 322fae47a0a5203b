"""Times and foreign texts as a person reads them in a line of progress; figures are `report.format`'s."""

from __future__ import annotations

import re
import time
from pathlib import Path

_CONTROL = re.compile("\x1b\\[[0-9;?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def plain(text: object, longest: int = 400) -> str:
    """A text from outside (a log line, an engine's message) in one line, cut, without control characters."""
    line = " ".join(_CONTROL.sub(" ", str(text)).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def level_name(level: int, of: int, scenario: str, concurrency: int) -> str:
    """`level 2/3 D(100,100) x4`; the warm-up is level 0."""
    place = "warm-up" if level == 0 else f"level {level}/{of}" if of else f"level {level}"
    return f"{place} {plain(scenario, 40)} x{concurrency}"


def homely(path: Path) -> str:
    """A path with the home folder as `~`."""
    home, text = str(Path.home()), str(path)
    return f"~{text[len(home) :]}" if text == home or text.startswith(f"{home}/") else text


def clock(ts: float) -> str:
    """A time of the journal as the local wall clock shows it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ts))


def ago(seconds: float) -> str:
    """`12 s ago`, `3 h ago`, `5 days ago`."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{max(0.0, seconds):.0f} s ago"
