"""Which rows of a table are shown, and in which order."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autotuner_tui.widgets.columns import Column, Key
from autotuner_tui.widgets.lines import Piece

Row = Callable[[Key], Sequence[Piece]]
_NUMBER = re.compile(r"[~=*+ ]*(-?\d+(?:\.\d+)?(?:e-?\d+)?)")


@dataclass
class Arrangement:
    """`words`: all of them stand in a row that is shown, in whichever case. `column`: the key of that which rows are
    sorted by; empty leaves them as they are given."""

    words: str = ""
    column: str = ""
    reverse: bool = False

    @property
    def touches(self) -> bool:
        """Whether rows are not simply shown as they are given."""
        return bool(self.words.strip() or self.column)

    def arranged(self, keys: Sequence[Key], columns: Sequence[Column], row: Row) -> Sequence[Key]:
        """The rows that are shown, in their order; the very same sequence where nothing is asked for."""
        if words := self.words.casefold().split():
            keys = [key for key in keys if _has(row(key), words)]
        at = next((at for at, column in enumerate(columns) if column.key == self.column), None)
        return keys if at is None else self._sorted(keys, columns[at], at, row)

    def _sorted(self, keys: Sequence[Key], column: Column, at: int, row: Row) -> list[Key]:
        """Rows without a value come last, whichever way."""
        value = column.value or (lambda key: typed(_text(row(key), at)))
        with_values = [(rank, key) for key in keys if (rank := _rank(value(key))) is not None]
        with_values.sort(key=lambda pair: pair[0], reverse=self.reverse)
        ordered = [key for _, key in with_values]
        there = set(ordered)
        return ordered + [key for key in keys if key not in there]

    def next_column(self, columns: Sequence[Column]) -> None:
        """Sort by the next column; behind the last one by none."""
        keys = ["", *(column.key for column in columns)]
        at = keys.index(self.column) if self.column in keys else 0
        self.column, self.reverse = keys[(at + 1) % len(keys)], False

    def sort_by(self, column: str) -> None:
        """Sort by this column; by the same once more: the other way round, and then by none."""
        if self.column != column:
            self.column, self.reverse = column, False
        elif not self.reverse:
            self.reverse = True
        else:
            self.column, self.reverse = "", False


def typed(text: str) -> float | str | None:
    """What a cell says as a value: the number that it begins with, else its text; None where it is empty."""
    text = text.strip()
    if not text or text == "-":
        return None
    number = _NUMBER.match(text)
    return float(number[1]) if number else text


def _rank(value: object) -> tuple[int, float, str] | None:
    """Numbers by value before texts by their letters."""
    if value is None:
        return None
    if isinstance(value, (int, float)):
        return None if math.isnan(value) else (0, float(value), "")
    return 1, 0.0, str(value).casefold()


def _text(cells: Sequence[Piece], at: int) -> str:
    return cells[at].text if at < len(cells) else ""


def _has(cells: Sequence[Piece], words: Sequence[str]) -> bool:
    text = " ".join(cell.text for cell in cells).casefold()
    return all(word in text for word in words)
