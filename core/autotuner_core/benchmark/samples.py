"""samples.jsonl: what the launcher saw of every request, one JSON object a line.

Per level: one `level` line, then `request` and `tick` lines, at last one `level_end` line. Several load generators that
share a level each append their own whole lines, and a tick says whose it is (`worker`, from 0). A level that was begun
again (its load generator died) has a second `level` line: what came before it does not count any more.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.base import ClientLoad, RequestRow
from autotuner_core.json_value import json_value

Record = Mapping[str, Any]


@dataclass
class LevelSamples:
    """What samples.jsonl holds of one level. `end` is empty while it is under way, and where it was cut off."""

    level: int
    scenario: str = ""
    concurrency: int = 0
    wall: float = 0.0
    mono: float = 0.0
    rows: list[RequestRow] = field(default_factory=list)
    ticks: list[Record] = field(default_factory=list)
    end: Record = field(default_factory=dict)

    @property
    def started(self) -> float:
        """When the load began, seconds on the load generator's monotonic clock."""
        starts = [row.start for row in self.rows if row.start is not None]
        return min(starts, default=self.mono)

    @property
    def ended(self) -> float:
        """When the load ended: as the launcher says, or else the last time that any line tells."""
        if "mono" in self.end:
            return float(self.end["mono"])
        times = [float(tick["mono"]) for tick in self.ticks]
        for row in self.rows:
            times += [time for time in (row.end, row.start, *row.chunks[-1:]) if time is not None]
        return max(times, default=self.mono)

    @property
    def client(self) -> ClientLoad | None:
        """The load on the load generator itself, where there was at least one tick."""
        return client_load(self.ticks)


def client_load(ticks: Iterable[Record]) -> ClientLoad | None:
    """Fold ticks into one figure: mean CPU share, median of the ticks' mean lag, worst lag of all (seconds). Where
    several load generators wrote them (`worker`), each figure is that of the one which has the worst."""
    by_worker: dict[int, list[Record]] = {}
    for tick in ticks:
        by_worker.setdefault(int(tick.get("worker", 0)), []).append(tick)
    if not by_worker:
        return None
    loads = [_load_of_one(kept) for kept in by_worker.values()]
    busiest = max(loads, key=lambda load: load.busy)
    return replace(
        busiest,
        lag_median=max(load.lag_median for load in loads),
        lag_worst=max(load.lag_worst for load in loads),
    )


def _load_of_one(ticks: Sequence[Record]) -> ClientLoad:
    return ClientLoad(
        cpu_share=statistics.fmean(float(tick["cpu"]) for tick in ticks),
        lag_median=statistics.median(float(tick["lag"]) for tick in ticks),
        lag_worst=max(float(tick.get("lag_max", tick["lag"])) for tick in ticks),
        wait_share=statistics.fmean(float(tick.get("wait", 0.0)) for tick in ticks),
    )


def request_row(record: Record) -> RequestRow:
    """A `request` line as a row. Raises ValueError, TypeError or KeyError where the line is no such thing."""
    error = record["error"]
    return RequestRow(
        input_tokens=int(record["in"]),
        output_tokens=int(record["out"]),
        start=float(record["start"]),
        first_token=_seconds(record["first"]),
        end=_seconds(record["end"]),
        chunks=tuple(float(time) for time in record["chunks"]),
        error=None if error is None else int(error),
        error_message=str(record.get("message", "")),
    )


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)


class SampleStream:
    """Follows a samples.jsonl that somebody else is writing, by its offset.

    `offset` is that of the first line not yet returned. A torn last line waits until it is whole; a line that is no
    JSON object (a writer was killed in the middle of it) is passed over and counted in `damaged`.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.damaged = 0

    def poll(self, most: int = -1) -> list[Record]:
        """The records that came whole since the last call; none while the file is not there. With `most`, those of
        about so many bytes: the next call goes on there."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                data = file.read(most)
                if len(data) == most:
                    data += file.readline()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self.offset += len(whole)
        return list(self._records(whole))

    def _records(self, data: bytes) -> Iterator[Record]:
        for line in data.splitlines():
            if not line.strip():
                continue
            try:
                record = json_value(line, finite=True)
            except ValueError:
                record = None
            if isinstance(record, dict):
                yield record
            else:
                self.damaged += 1


class SampleFold:
    """Folds records into levels: `levels` by index, in the order in which they began. Incremental, for live figures."""

    def __init__(self) -> None:
        self.levels: dict[int, LevelSamples] = {}

    def add(self, records: Iterable[Record]) -> None:
        """Take further records. One that lacks what it must have, or is of an unknown kind, is passed over."""
        for record in records:
            try:
                self._add(record)
            except (KeyError, TypeError, ValueError):
                continue

    def _add(self, record: Record) -> None:
        kind, index = record["kind"], int(record["level"])
        if kind == "level":
            self.levels.pop(index, None)
            self.levels[index] = LevelSamples(
                index, str(record["scenario"]), int(record["concurrency"]), float(record["wall"]), float(record["mono"])
            )
        elif kind == "request":
            self.levels[index].rows.append(request_row(record))
        elif kind == "tick":
            client_load([record])
            self.levels[index].ticks.append(record)
        elif kind == "level_end":
            self.levels[index].end = record


def read_samples(path: Path, offset: int = 0) -> dict[int, LevelSamples]:
    """All levels of a samples.jsonl (from `offset` on), each with its rows in order of their start."""
    fold = SampleFold()
    fold.add(SampleStream(path, offset).poll())
    for samples in fold.levels.values():
        samples.rows.sort(key=lambda row: row.start or 0.0)
    return fold.levels
