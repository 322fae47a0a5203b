"""The window of a level in which the asked concurrency was really held.

The load is a closed loop: each of the C clients sends its next request when its last one ended, after a short gap. Rows
do not say which client sent them, so the clients are counted:

- The window opens when every client has a request under way: when for the first time C requests are in flight. Where
  the gaps never let all C be seen at one instant, 95 % of them (`STEADY_SHARE`) will do; where even those were never
  in flight, there is no window.
- It closes when the first client has no request any more. Of R requests C were a client's first, so R - C followed an
  earlier one's end: the (R - C + 1)th end, in the order of time, is the first that no request followed. Where no such
  end exists, every client was cut in the middle of a request, and the window closes with the load.

A gap between two requests of a client, or a request that fails at once, therefore neither opens nor closes the window.
It lowers the average in flight, which the verdict looks at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import LevelRun, RequestRow

STEADY_SHARE = 0.95
"""The least share of the asked requests that is in flight on average in a steady level."""


@dataclass(frozen=True)
class Span:
    """A stretch of time, (start, end], in seconds on the clock of the rows."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start

    def holds(self, moment: float) -> bool:
        """Whether the moment lies in it. Half open, so that neighbouring spans never count a thing twice."""
        return self.start < moment <= self.end


def end_of(row: RequestRow, level_end: float) -> float:
    """When the request was over; one that was cut ends with the load, and not before its last piece of output."""
    if row.end is not None:
        return row.end
    return max(level_end, row.chunks[-1]) if row.chunks else level_end


def held_window(run: LevelRun) -> Span | None:
    """The window as defined above, or None where the asked concurrency was never reached."""
    started = [row for row in run.rows if row.start is not None]
    opened = _opens(started, run)
    if opened is None:
        return None
    window = Span(opened, _closes(started, run))
    return window if window.seconds > 0 else None


def in_flight(rows: Sequence[RequestRow], span: Span, level_end: float) -> float:
    """How many requests were in flight on average in the span."""
    if span.seconds <= 0:
        return 0.0
    shares = (
        max(0.0, min(end_of(row, level_end), span.end) - max(row.start, span.start))
        for row in rows
        if row.start is not None
    )
    return math.fsum(shares) / span.seconds


def most_in_flight(run: LevelRun) -> int:
    """The most requests that were in flight at one instant."""
    return max((count for _, count in _counts(run.rows, run.ended)), default=0)


def _opens(rows: Sequence[RequestRow], run: LevelRun) -> float | None:
    asked = run.level.concurrency
    for wanted in (asked, math.ceil(STEADY_SHARE * asked)):
        for moment, count in _counts(rows, run.ended):
            if count >= wanted:
                return moment
    return None


def _closes(rows: Sequence[RequestRow], run: LevelRun) -> float:
    followed = max(0, len(rows) - run.level.concurrency)
    ends = sorted(row.end for row in rows if row.end is not None)
    if followed < len(ends):
        return ends[followed]
    return max((end_of(row, run.ended) for row in rows if row.end is None), default=run.ended)


def _counts(rows: Sequence[RequestRow], level_end: float) -> list[tuple[float, int]]:
    """(moment, requests in flight from then on), in order of time. At one moment ends come before starts: a client
    that goes on at once is never counted twice. What took no time at all was never in flight."""
    changes: list[tuple[float, int]] = []
    for row in rows:
        if row.start is not None and (end := end_of(row, level_end)) > row.start:
            changes += [(row.start, +1), (end, -1)]
    counts, count = [], 0
    for moment, change in sorted(changes):
        count += change
        counts.append((moment, count))
    return counts
