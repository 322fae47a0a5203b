"""A closed loop of clients, played through on paper: the rows that a load generator would write, and what really
happened to each client."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from typing import Any

from autotuner_core.benchmark.base import ClientLoad, Level, LevelRun, RequestRow


@dataclass
class Loop:
    """C clients, each sending its next request `gap` seconds after its last one ended. Durations in seconds."""

    concurrency: int = 4
    max_requests: int = 100
    max_seconds: float = 1000.0
    ttft: tuple[float, float] = (0.05, 0.15)
    tpot: tuple[float, float] = (0.008, 0.012)
    output: int = 20
    tokens_per_chunk: int = 1
    gap: tuple[float, float] = (0.001, 0.001)
    ramp: float = 0.0
    errors: float = 0.0
    error: int = 503
    error_seconds: float = 0.002
    scenario: str = "D(100,20)"
    seed: int = 1
    client: ClientLoad | None = None
    start_at: float = 1000.0
    last_ends: list[float | None] = field(default_factory=list)
    """After `run`: when each client's last request ended; None where it was cut."""
    first_starts: list[float] = field(default_factory=list)

    def run(self) -> LevelRun:
        """Play it: the level is over at its last request or its time, and what is under way then is cut."""
        draw = random.Random(self.seed)
        due = [(self.start_at + self.ramp * i / self.concurrency, i) for i in range(self.concurrency)]
        self.first_starts = [moment for moment, _ in due]
        over = self.start_at + self.max_seconds
        ends: list[float] = []
        played: list[tuple[RequestRow, int]] = []
        while due and due[0][0] < over:
            start, number = heapq.heappop(due)
            row = self._request(start, draw)
            assert row.end is not None
            played.append((row, number))
            heapq.heappush(ends, -row.end)
            if len(ends) > self.max_requests:
                heapq.heappop(ends)
            if len(ends) == self.max_requests:  # the earliest ends known: what is still to start can only be later
                over = min(self.start_at + self.max_seconds, -ends[0])
            heapq.heappush(due, (row.end + draw.uniform(*self.gap), number))
        return self._cut(played, over, "requests" if over < self.start_at + self.max_seconds else "time")

    def _request(self, now: float, draw: random.Random) -> RequestRow:
        if draw.random() < self.errors:
            return RequestRow(100, 0, start=now, end=now + self.error_seconds, error=self.error, error_message="busy")
        first = now + draw.uniform(*self.ttft)
        chunks = [first]
        for _ in range(self.output // self.tokens_per_chunk - 1):
            chunks.append(chunks[-1] + draw.uniform(*self.tpot) * self.tokens_per_chunk)
        return RequestRow(100, self.output, now, first, chunks[-1] + 0.0005, tuple(chunks))

    def _cut(self, planned: list[tuple[RequestRow, int]], over: float, ended_by: str) -> LevelRun:
        rows: list[RequestRow] = []
        self.last_ends = [None] * self.concurrency
        for row, number in sorted(planned, key=lambda pair: pair[0].start or 0.0):
            assert row.start is not None and row.end is not None
            if row.start >= over:
                continue
            self.last_ends[number] = row.end if row.end <= over else None
            rows.append(row if row.end <= over else self._cut_row(row, over))
        level = Level(1, self.scenario, self.concurrency, self.max_seconds, self.max_requests, self.seed)
        return LevelRun(level, tuple(rows), self.start_at, over, ended_by, client=self.client)

    def _cut_row(self, row: RequestRow, over: float) -> RequestRow:
        chunks = tuple(chunk for chunk in row.chunks if chunk <= over)
        return RequestRow(100, len(chunks), row.start, chunks[0] if chunks else None, None, chunks)


def records(run: LevelRun) -> list[dict[str, Any]]:
    """The rows as the lines of samples.jsonl have them."""
    return [
        {
            "start": row.start,
            "first": row.first_token,
            "end": row.end,
            "chunks": list(row.chunks),
            "in": row.input_tokens,
            "out": row.output_tokens,
            "error": row.error,
        }
        for row in run.rows
    ]
