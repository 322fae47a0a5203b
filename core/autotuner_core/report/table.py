"""Aligned tables of plain text that fit a width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

GAP = "  "
NARROWEST = 6


@dataclass(frozen=True)
class Column:
    """One column. `right` aligns numbers. Where the table is too wide, the column with the highest `spare` goes first;
    0 stays always."""

    title: str
    cells: tuple[str, ...]
    right: bool = False
    spare: int = 0

    @property
    def width(self) -> int:
        return max(len(text) for text in (self.title, *self.cells))


def table_lines(columns: Sequence[Column], width: int) -> list[str]:
    """The header and the rows. Too wide, columns are left out, then the widest texts are cut with `…`, then lines."""
    kept = list(columns)
    while _width(kept) > width and (spare := max(kept, key=lambda column: column.spare)).spare:
        kept.remove(spare)
    while (over := _width(kept) - width) > 0 and (i := _widest_text(kept)) is not None:
        kept[i] = _cut(kept[i], max(NARROWEST, kept[i].width - over))
    lines = (GAP.join(cells).rstrip() for cells in zip(*(_aligned(column) for column in kept), strict=True))
    return [line if len(line) <= width else line[: width - 1] + "…" for line in lines]


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(GAP) * (len(columns) - 1)


def _widest_text(columns: Sequence[Column]) -> int | None:
    """The index of the widest column that may be cut."""
    texts = [i for i, column in enumerate(columns) if not column.right and column.width > NARROWEST]
    return max(texts, key=lambda i: columns[i].width, default=None)


def _cut(column: Column, width: int) -> Column:
    cut = [text if len(text) <= width else text[: width - 1] + "…" for text in (column.title, *column.cells)]
    return replace(column, title=cut[0], cells=tuple(cut[1:]))


def _aligned(column: Column) -> list[str]:
    texts = (column.title, *column.cells)
    return [text.rjust(column.width) if column.right else text.ljust(column.width) for text in texts]
