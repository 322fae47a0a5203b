"""What a search has found so far, and where in it the person is. Owned by the screen's thread."""

from __future__ import annotations

from array import array
from bisect import bisect_left

from autotuner_tui.logs.news import LogNews
from autotuner_tui.logs.search import Needle


class Finding:
    """`lines`: numbers of the lines that have the needle, ascending; `line`: the one to which the person has gone. The
    search goes to the first one from `start` on, or where there is none to the last one before."""

    def __init__(self, needle: Needle | None = None, start: int | None = None, line: int | None = None) -> None:
        self.needle = needle
        self.lines = array("Q")
        self.line = line
        self.searched = 0.0
        """The share of the file that is searched."""
        self._sought = start
        self._search = 0

    @property
    def number(self) -> int:
        """Which of `lines` the person is at, from 1; 0 for none."""
        return 0 if self.line is None else bisect_left(self.lines, self.line) + 1

    def take(self, news: LogNews) -> int | None:
        """Add what has come; the line to go to now, where that was waited for."""
        if self.needle is None or news.order.needle != self.needle:
            return None
        if news.search != self._search:
            self.line = None if self._search else self.line  # in another text it is another line
            self._search, self.lines = news.search, array("Q")
        self.lines.extend(news.found)
        self.searched = news.searched
        return self._settle()

    def next(self, here: int) -> int | None:
        """The first line behind this one, from the top again behind the last one; None while it is still looked for."""
        self._sought = here + 1
        found = self._settle()
        if found is not None and found <= here:
            found = self.line = self.lines[0]
        return found

    def last(self, here: int) -> int | None:
        """The last line before this one; before the first one that is the very last."""
        if self.lines:
            self.line = self.lines[bisect_left(self.lines, here) - 1]
        return self.line

    def _settle(self) -> int | None:
        if self._sought is None:
            return None
        at = bisect_left(self.lines, self._sought)
        if at == len(self.lines) and (self.searched < 1 or not at):
            return None
        self.line, self._sought = self.lines[min(at, len(self.lines) - 1)], None
        return self.line
