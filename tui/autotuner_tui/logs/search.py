"""A text looked for in a whole log, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autotuner_tui.logs.log_file import LogFile
from autotuner_tui.logs.log_text import decoded

PIECE = 256 * 1024
"""Bytes that are searched at a time. A line longer than this is searched in parts."""


@dataclass(frozen=True)
class Needle:
    """What is looked for. A capital letter in it makes capitals count."""

    text: str

    @property
    def exact(self) -> bool:
        """Whether capitals count."""
        return self.text != self.text.lower()

    def hay(self, text: str) -> str:
        """The text as it is searched. Its length may differ (there are letters whose small form is two)."""
        return text if self.exact else text.lower()

    def places(self, hay: str) -> Iterator[int]:
        """Where it begins."""
        at = hay.find(self.text)
        while at >= 0:
            yield at
            at = hay.find(self.text, at + len(self.text))


class Search:
    """Goes through the file from its start, and on as it grows."""

    def __init__(self, file: LogFile, needle: Needle) -> None:
        self.needle = needle
        self.offset = 0
        """Bytes that are searched."""
        self._file = file
        self._line = 0
        self._torn_at = -1
        self._last = -1

    @property
    def behind(self) -> bool:
        """Whether there is more to search. The last line is searched as it is, and again when it has grown."""
        size = self._file.index.size
        return self.offset < size and self._torn_at != size and not self._file.trouble

    def step(self) -> tuple[int, ...]:
        """Search the next piece; the numbers of lines that have the text and were not told before."""
        size = self._file.index.size
        data = self._file.chunk(self.offset, PIECE)
        whole = data.rfind(b"\n") + 1
        if not whole and self.offset + len(data) < size:
            whole = len(data)  # a part of a line without end
        if self.offset + len(data) == size:
            self._torn_at = size
        else:
            data = data[:whole]
        found = tuple(self._lines_in(self.needle.hay(decoded(data))))
        self.offset += whole
        self._line += data.count(b"\n")
        return found

    def _lines_in(self, hay: str) -> Iterator[int]:
        line, at = self._line, 0
        for place in self.needle.places(hay):
            line += hay.count("\n", at, place)
            at = place
            if line > self._last:
                self._last = line
                yield line
