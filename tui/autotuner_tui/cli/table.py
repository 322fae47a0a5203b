"""A plain table: columns as wide as what they hold, numbers to the right."""

from __future__ import annotations

from collections.abc import Sequence


def table_lines(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[str] = frozenset()
) -> list[str]:
    """The lines of a table. `right` names the columns that are set to the right."""
    widths = [max([len(head[at]), *(len(row[at]) for row in rows)]) for at in range(len(head))]
    return ["  ".join(_cells(line, head, widths, right)).rstrip() for line in (head, *rows)]


def _cells(line: Sequence[str], head: Sequence[str], widths: Sequence[int], right: frozenset[str]) -> list[str]:
    return [
        text.rjust(width) if name in right else text.ljust(width)
        for text, name, width in zip(line, head, widths, strict=True)
    ]
