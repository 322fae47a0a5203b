"""One level as it went, second by second: what charts are drawn from. Bounded: when there are many windows, each two
become one that is twice as long."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from autotuner_core.benchmark.base import RequestRow
from autotuner_core.scoring import request
from autotuner_tui.streams.window import Point, Window

SECONDS = 1.0
MOST = 240
LONGEST = 48 * 3600.0
"""Seconds. A line that tells of a later moment is damaged."""


class Windows:
    """Folds the lines of one level, which began at `began` on the load generator's clock (seconds)."""

    def __init__(self, began: float) -> None:
        self.began, self.seconds = began, SECONDS
        self.seen = began
        """The latest moment of which any line tells."""
        self.ended = False
        self._windows: list[Window] = []
        self._running: dict[int, int] = {}

    def request(self, row: RequestRow) -> None:
        """A request that has ended or was cut."""
        if row.start is None:
            return
        end = row.end if row.end is not None else max(self.seen, *row.chunks[-1:], row.start)
        self._sees(row.start)
        self._sees(end)
        self._covers(row.start, end)
        if request.failed(row):
            self._at(end).errors += 1
            return
        if row.end is None or request.answered(row):
            self._tokens(row)
        if request.answered(row):
            self._latencies(row, end)

    def _tokens(self, row: RequestRow) -> None:
        """As request.token_marks, but for whole windows at once: there may be thousands of pieces a second. Of a cut
        request, a piece is a token."""
        chunks = row.chunks or (() if row.end is None else (row.end,))
        each = 1.0 if row.end is None else row.output_tokens / len(chunks)
        done = 0
        while done < len(chunks):
            window = self._at(chunks[done])
            upto = max(done + 1, bisect_left(chunks, self._end_of(chunks[done]), done))
            window.tokens += each * (upto - done)
            done = upto

    def _latencies(self, row: RequestRow, end: float) -> None:
        first = request.first_token(row)
        if first is None or row.start is None:
            return
        self._at(first).ttft.add(first - row.start)
        if row.output_tokens > 1:
            self._at(end).tpot.add((end - first) / (row.output_tokens - 1))

    def tick(self, record: Mapping[str, Any]) -> None:
        """A look of one load generator at itself. Raises KeyError, TypeError, ValueError for what is none."""
        moment, running = float(record["mono"]), int(record["running"])
        self._running[int(record.get("worker", 0))] = running
        self._sees(moment)
        window = self._at(moment)
        window.running += sum(self._running.values())
        window.ticks += 1

    def end(self, moment: float) -> None:
        """The level is over."""
        self._sees(moment)
        self.ended = True

    def points(self) -> tuple[Point, ...]:
        """All windows that are over; once the level has ended its last one too, where it is long enough to say
        anything."""
        whole, rest = divmod(self.seen - self.began, self.seconds)
        shown = self._windows[: int(whole)]
        points = [window.point_of(self.seconds) for window in shown]
        points += [Window().point_of(self.seconds)] * (int(whole) - len(shown))
        if self.ended and rest > self.seconds / 2 and len(self._windows) > whole:
            points.append(self._windows[int(whole)].point_of(rest))
        return tuple(points)

    def _sees(self, moment: float) -> None:
        if not abs(moment - self.began) < LONGEST:
            raise ValueError(f"no moment of this level: {moment}")
        self.seen = max(self.seen, moment)

    def _end_of(self, moment: float) -> float:
        """The end of the window of a moment."""
        return self.began + (max(0, int((moment - self.began) / self.seconds)) + 1) * self.seconds

    def _covers(self, start: float, end: float) -> None:
        self._at(end)  # all windows up to there are made, with the length that they will have
        start, end = ((max(0.0, moment - self.began) / self.seconds) for moment in (start, end))
        for at in range(int(start), int(end) + 1):
            window = self._windows[at]
            window.covered += max(0.0, min(end, at + 1) - max(start, at)) * self.seconds
            window.point = None

    def _at(self, moment: float) -> Window:
        """The window of the moment, which may change from now on. Nothing is later than what was seen."""
        moment = min(moment, self.seen)
        while (at := max(0, int((moment - self.began) / self.seconds))) >= MOST:
            self._halve()
        while len(self._windows) <= at:
            self._windows.append(Window())
        self._windows[at].point = None
        return self._windows[at]

    def _halve(self) -> None:
        self.seconds *= 2
        for even, odd in zip(self._windows[::2], self._windows[1::2], strict=False):
            even.merge(odd)
        self._windows = self._windows[::2]
        for window in self._windows:
            window.point = None
