"""Which key the cursor is in, also while the text is half typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autotuner_core.task.load import Kind
from autotuner_core.task.place import Place
from autotuner_tui.editing.flow import place_in_flow

_KEY = re.compile(
    r"""^(?P<indent> *)(?P<items>(?:- +)*)(?:(?P<key>"[^"]*"|'[^']*'|[^\s#:'"{}\[\],&*-][^:#]*?) *:(?= |$))?"""
)
_OPENS = re.compile(r"[:\-] *(?=[{\[])")


def place_at(text: str, row: int, column: int, kind: Kind) -> Place:
    """The path of the key at a row and column, both from 0; before the first word of a line: of that word. Empty
    where no key is begun."""
    lines = text.split("\n")
    if not 0 <= row < len(lines):
        return ()
    column = max(column, len(lines[row]) - len(lines[row].lstrip()))
    offset = sum(len(line) + 1 for line in lines[:row]) + min(column, len(lines[row]))
    if kind == "json":
        return place_in_flow(text, offset)[0]
    return _flow_of_yaml(lines, row, offset, text) or _block(lines, row, column)


def _flow_of_yaml(lines: Sequence[str], row: int, offset: int, text: str) -> Place | None:
    """The path inside brackets that a line of here or above has opened; None where none are open."""
    start = sum(len(line) + 1 for line in lines[: row + 1])
    for above in range(row, -1, -1):
        start -= len(lines[above]) + 1
        opening = _OPENS.search(lines[above])
        bracket = start + opening.end() if opening else 0
        if opening and bracket < offset:
            steps, still_open = place_in_flow(text, offset, bracket)
            if still_open:
                return (*_block(lines, above, len(lines[above])), *steps)
    return None


def _block(lines: Sequence[str], row: int, column: int) -> Place:
    """The path by indentation: from the line upwards, each time to the next one that is indented less."""
    steps: list[str | int] = []
    blank = not lines[row].strip()
    least = column if blank else len(lines[row]) + 1
    for line in reversed(lines[: row + 1]):
        match = _KEY.match(line)
        if match is None or not line.strip() or line.lstrip().startswith("#"):
            continue
        indent, items, key = len(match["indent"]), match["items"], match["key"]
        own = indent + len(items)
        if key is not None and own < least:
            steps.append(key.strip("\"'"))
            least = own
        if items and indent < least:
            steps.append(0)  # which item it is makes no difference to what may stand there
            least = indent + 1  # its list may stand as deep as the key above
        if least == 0:
            break
    return tuple(reversed(steps))
