"""Which rows of a table are shown, and in which order."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from autotuner_tui.widgets.columns import Column, Key
from autotuner_tui.widgets.lines import Piece

Row = Callable[[Key], Sequence[Piece]]
A_FEW = 16
_NUMBER = re.compile(r"[~=*+ ]*(-?\d+(?:\.\d+)?(?:e-?\d+)?)")


class Values:
    """What rows are sorted by: the values of one column."""

    def __init__(self, column: str = "") -> None:
        self.column = column
        self.known: set[Key] = set()
        self._numbers: dict[Key, float] = {}
        self._texts: dict[Key, str] = {}

    def forget(self, key: Key) -> None:
        """Its value may be another one."""
        self.known.discard(key)
        self._numbers.pop(key, None)
        self._texts.pop(key, None)

    def sorted(self, keys: Sequence[Key], reverse: bool) -> list[Key]:
        """Those that are known: numbers before texts, without a value last whichever way, equals as they were given."""
        numbers, texts = self._numbers, self._texts
        by_number = sorted([key for key in keys if key in numbers], key=numbers.__getitem__, reverse=reverse)
        by_text = sorted([key for key in keys if key in texts], key=texts.__getitem__, reverse=reverse)
        without = [key for key in keys if key not in numbers and key not in texts]
        return [*by_text, *by_number, *without] if reverse else [*by_number, *by_text, *without]

    def take(self, key: Key, value: object) -> None:
        """From now on its value is this: a number, a text, or None for nothing."""
        self.known.add(key)
        if isinstance(value, (int, float)):
            if not math.isnan(value):
                self._numbers[key] = float(value)
        elif value is not None:
            self._texts[key] = str(value).casefold()


@dataclass
class Arrangement:
    """`words`: all of them stand in a row that is shown, in whichever case. `column`: the key of that which rows are
    sorted by; empty leaves them as they are given. What rows say is kept until they are forgotten."""

    words: str = ""
    column: str = ""
    reverse: bool = False
    _texts: dict[Key, str] = field(default_factory=dict)
    _values: Values = field(default_factory=Values)

    @property
    def touches(self) -> bool:
        """Whether rows are not simply shown as they are given."""
        return bool(self.words.strip() or self.column)

    def forget(self, keys: Iterable[Key]) -> None:
        """These rows may say something else from now on."""
        if self._texts or self._values.column:
            for key in keys:
                self._texts.pop(key, None)
                self._values.forget(key)

    def forget_all(self) -> None:
        """Any row may say something else from now on."""
        self._texts, self._values = {}, Values()

    def look(self, keys: Sequence[Key], columns: Sequence[Column], row: Row, seconds: float) -> bool:
        """Go for so long through rows that are to be filtered or sorted, a few at least; whether all have been seen."""
        end, words, value = monotonic() + seconds, bool(self.words.strip()), self._value(columns, row)
        made = 0
        for key in keys if words or value is not None else ():
            text_wanted = words and key not in self._texts
            value_wanted = value is not None and key not in self._values.known
            if not text_wanted and not value_wanted:
                continue
            if made >= A_FEW and monotonic() > end:
                return False
            made += 1
            if text_wanted:
                self._texts[key] = " ".join(cell.text for cell in row(key)).casefold()
            if value is not None and value_wanted:
                self._values.take(key, value(key))
        return True

    def arranged(self, keys: Sequence[Key], columns: Sequence[Column], row: Row) -> Sequence[Key]:
        """The rows that are shown, in their order; the very same sequence where nothing is asked for."""
        self.look(keys, columns, row, math.inf)
        for word in self.words.casefold().split():
            keys = [key for key in keys if word in self._texts[key]]
        return keys if self._value(columns, row) is None else self._values.sorted(keys, self.reverse)

    def _value(self, columns: Sequence[Column], row: Row) -> Callable[[Key], object] | None:
        """What rows are sorted by; None where they are not, or not by one of these columns."""
        at = next((at for at, column in enumerate(columns) if column.key == self.column), None)
        if at is None:
            return None
        if self._values.column != self.column:
            self._values = Values(self.column)
        return columns[at].value or (lambda key: typed(_text(row(key), at)))

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


def _text(cells: Sequence[Piece], at: int) -> str:
    return cells[at].text if at < len(cells) else ""
