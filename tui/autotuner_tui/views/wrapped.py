"""Sentences in lines."""

from __future__ import annotations

import textwrap

from autotuner_tui.headless.words import plain
from autotuner_tui.widgets.lines import Line, line

LONGEST = 1000
"""Characters of a text that are shown."""


def wrapped(text: str, width: int, style: str = "", indent: str = "  ") -> list[Line]:
    """A text in as many lines as it takes."""
    rows = textwrap.wrap(plain(text, LONGEST), max(8, width - 2), subsequent_indent=indent, break_on_hyphens=False)
    return [line((f" {row}", style)) for row in rows]
