"""Bytes of a log as text that may stand on a screen."""

from __future__ import annotations

import re
from typing import NamedTuple

ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)")
"""What colours text and moves the cursor (CSI), and what sets titles and links (OSC)."""

DATE = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,](?:\d+|%f))?(?:Z|[+-]\d\d:?\d\d)?"
LEADING_TIME = re.compile(
    rf"""
    (?P<before> \s* (?:\([^()]{{1,40}}\)\s)?
        (?:(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)\s+)? (?:\[(?!{DATE}\])|[IWEF](?=\d{{4}}\ ))? )
    (?P<time>
        \[{DATE}\] | {DATE}
        | \d\d-\d\d\ \d\d:\d\d:\d\d                     # vLLM
        | \d\d:\d\d:\d\d(?:[.,]\d+)?(?=\s)            # without a day
        | \d+\.\d\d\.\d{{3}}\.\d{{3}}                   # llama.cpp: minutes, seconds, thousandths, millionths
        | (?<=[IWEF])\d{{4}}\ \d\d:\d\d:\d\d\.\d{{6}}   # klog
    )
    (?P<after> \s* (?:-\s+)? )
    """,
    re.VERBOSE,
)
LEVEL = re.compile(r"\b(?P<bad>ERROR|CRITICAL|FATAL|Traceback)\b|\b(?P<warn>WARNING|WARN)\b")
LETTER = re.compile(r"(?P<bad>[EF])\b|(?P<warn>W)\b")
"""llama.cpp's level, behind the time."""

LEVEL_WITHIN = 80
"""Characters of a line in which its level is looked for."""


class Parts(NamedTuple):
    """What is known of a line: its text, where in it the time stands and where its level, of which kind (bad, warn)."""

    text: str
    time: tuple[int, int] = (0, 0)
    level: tuple[int, int] = (0, 0)
    kind: str = ""


def decoded(data: bytes) -> str:
    """The text without escape sequences; bytes that are no UTF-8 are shown as such."""
    text = data.decode("utf-8", errors="replace")
    return ESCAPES.sub("", text) if "\x1b" in text else text


def as_shown(line: bytes) -> str:
    """A line as a terminal would leave it standing: what a carriage return wrote over is not shown. Other control
    characters are still in it."""
    text = decoded(line)
    if "\r" not in text:
        return text
    return next((part for part in reversed(text.split("\r")) if part), "")


def parts_of(text: str, times: bool) -> Parts:
    """Where time and level stand. Without `times` the leading time is taken out."""
    found = LEADING_TIME.match(text)
    time, rest = (found.span("time"), found.end()) if found else ((0, 0), 0)
    if found and not times:
        before = found["before"] + (" " if found["before"][-1:].isalpha() else "")
        text, time, rest = before + text[rest:], (0, 0), len(before)
    level = (LETTER.match(text, rest) if found else None) or LEVEL.search(text, 0, LEVEL_WITHIN)
    if level is None:
        return Parts(text, time)
    return Parts(text, time, level.span(), level.lastgroup or "")
