"""A level under way as it would be, were it over at a moment that has passed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from autotuner_core.benchmark.base import ClientLoad, Level, LevelRun, RequestRow


def run_until(level: Level, ended: Iterable[RequestRow], client: ClientLoad | None, moment: float) -> LevelRun:
    """The level up to `moment`, on the clock of the rows. Of `ended`, the requests that have ended by now, those
    that were under way then are cut."""
    rows = [_until(row, moment) for row in ended if row.start is not None and row.start < moment]
    rows.sort(key=lambda row: row.start or 0.0)
    started = min((row.start for row in rows if row.start is not None), default=moment)
    return LevelRun(level, tuple(rows), started, moment, "precision", client=client)


def _until(row: RequestRow, moment: float) -> RequestRow:
    if row.end is not None and row.end <= moment:
        return row
    chunks = tuple(chunk for chunk in row.chunks if chunk <= moment)
    first = min(chunks, default=None)
    return replace(row, output_tokens=len(chunks), first_token=first, end=None, chunks=chunks, error=None)
