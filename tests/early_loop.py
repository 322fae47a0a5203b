"""Closed loops played through on paper, looked at while they are under way as a level is, and ended early."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from autotuner_core.benchmark.base import LevelRun, RequestRow
from autotuner_core.benchmark.so_far import run_until
from autotuner_core.scoring.early_end import EarlyEnd
from closed_loop import Loop

POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Rules:
    max_error_rate: float = 0.05
    min_requests: int = 20


@dataclass
class DriftingLoop(Loop):
    """A loop whose engine is now quicker, now slower for all its clients: neighbours in time resemble each other, as
    they do where requests share batches. `drift` is the standard deviation of the speed, `memory` seconds it lasts."""

    drift: float = 0.1
    memory: float = 2.0
    _speeds: list[float] = field(default_factory=list)
    _noise: random.Random | None = None

    def _request(self, now: float, draw: random.Random) -> RequestRow:
        row = super()._request(now, draw)
        factor = self._speed(now)
        moments = [now + (moment - now) * factor for moment in row.chunks]
        assert row.end is not None
        return replace(row, first_token=moments[0], chunks=tuple(moments), end=now + (row.end - now) * factor)

    def _speed(self, now: float) -> float:
        if self._noise is None:
            self._noise = random.Random(self.seed + 10_000)
        step = int((now - self.start_at) / 0.1)
        while len(self._speeds) <= step:
            keep = math.exp(-0.1 / self.memory)
            before = self._speeds[-1] if self._speeds else self._noise.gauss(0, self.drift)
            self._speeds.append(keep * before + self._noise.gauss(0, self.drift * math.sqrt(1 - keep * keep)))
        return math.exp(self._speeds[step])


def watch_of(run: LevelRun, metric: str, precision: float | None, slo: Mapping[str, float] | None = None) -> EarlyEnd:
    return EarlyEnd(run.level, metric=metric, precision=precision, slo=slo or {}, validity=Rules())


def play(run: LevelRun, watch: EarlyEnd) -> LevelRun:
    """The level as it goes while somebody watches it: cut at the look that says so, or whole."""
    ended = sorted((row for row in run.rows if row.end is not None), key=lambda row: row.end or 0.0)
    moment, seen = run.started, 0
    while seen < len(ended):
        moment += POLL_SECONDS
        before = seen
        while seen < len(ended) and (ended[seen].end or 0.0) <= moment:
            seen += 1
        so_far = partial(run_until, run.level, ended[:seen], run.client)
        if (why := watch.look(ended[before:seen], so_far)) is not None and moment < run.ended:
            return cut_at(run, moment, why)
    return run


def cut_at(run: LevelRun, moment: float, ended_by: str) -> LevelRun:
    """The level as it is where it was ended at that moment: what was under way is cut."""
    rows = [_until(row, moment) for row in run.rows if row.start is not None and row.start < moment]
    return replace(run, rows=tuple(rows), ended=moment, ended_by=ended_by)


def _until(row: RequestRow, moment: float) -> RequestRow:
    if row.end is not None and row.end <= moment:
        return row
    chunks = tuple(chunk for chunk in row.chunks if chunk <= moment)
    first = chunks[0] if chunks else None
    return RequestRow(row.input_tokens, len(chunks), row.start, first, None, chunks)
