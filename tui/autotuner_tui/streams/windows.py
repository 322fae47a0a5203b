"""One level as it went, second by second: what charts are drawn from. Bounded: when there are many windows, each two
become one that is twice as long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autotuner_core.benchmark.base import RequestRow
from autotuner_core.scoring import request
from autotuner_tui.streams.histogram import Histogram

SECONDS = 1.0
MOST = 240
LEAST_KNOWN = 0.25
"""Requests are written when they end: before this share of those in flight has, nobody can say what they brought."""
LONGEST = 30 * 24 * 3600.0


@dataclass(frozen=True)
class Point:
    """One window: output tokens per second, latencies in seconds, requests in flight on average, requests that failed.
    None where nothing is known."""

    throughput: float | None
    ttft_p50: float | None
    ttft_p95: float | None
    tpot_p50: float | None
    tpot_p95: float | None
    in_flight: float | None
    errors: int


@dataclass(slots=True)
class Window:
    """What fell into one stretch of time. `covered`: seconds of requests that have ended since; `running`: those in
    flight, added up over `ticks` looks of the load generator."""

    tokens: float = 0.0
    covered: float = 0.0
    running: float = 0.0
    ticks: int = 0
    errors: int = 0
    ttft: Histogram = field(default_factory=Histogram)
    tpot: Histogram = field(default_factory=Histogram)
    point: Point | None = None

    def merge(self, later: Window) -> None:
        """Become one with the next."""
        self.tokens += later.tokens
        self.covered += later.covered
        self.running += later.running
        self.ticks += later.ticks
        self.errors += later.errors
        self.ttft.merge(later.ttft)
        self.tpot.merge(later.tpot)
        self.point = None

    def point_of(self, seconds: float) -> Point:
        """The window as it is shown; `seconds` is its length."""
        if self.point is None:
            ended = self.covered / seconds
            in_flight = self.running / self.ticks if self.ticks else ended or None
            throughput = self._throughput(ended, in_flight, seconds)
            ttft, tpot = self.ttft.percentile, self.tpot.percentile
            self.point = Point(throughput, ttft(50), ttft(95), tpot(50), tpot(95), in_flight, self.errors)
        return self.point

    def _throughput(self, ended: float, in_flight: float | None, seconds: float) -> float | None:
        """Those still in flight are taken to be like those that have ended."""
        if not in_flight or ended < LEAST_KNOWN * in_flight:
            return None
        return self.tokens / seconds * max(1.0, in_flight / ended)


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
        for moment, tokens in request.token_marks(row, 1.0):
            self._at(moment).tokens += tokens
        if request.answered(row):
            self._latencies(row, end)

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

    def _covers(self, start: float, end: float) -> None:
        self._at(end)  # all windows up to there are made, with the length that they will have
        start, end = ((max(0.0, moment - self.began) / self.seconds) for moment in (start, end))
        for at in range(int(start), int(end) + 1):
            window = self._windows[at]
            window.covered += max(0.0, min(end, at + 1) - max(start, at)) * self.seconds
            window.point = None

    def _at(self, moment: float) -> Window:
        """The window of the moment, which may change from now on."""
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
