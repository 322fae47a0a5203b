"""What fell into one stretch of a level, and how that is shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from autotuner_tui.streams.histogram import Histogram

LEAST_KNOWN = 0.25
"""Requests are written when they end: before this share of those in flight has, nobody can say what they brought."""


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
