"""The monitor of a level under way: what it overlooks ends a level wrongly or never."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark import level_monitor
from autotuner_core.benchmark.base import Level, LevelRun, RequestRow, SoFar
from autotuner_core.benchmark.level_monitor import LevelMonitor


class Counting:
    """A watch that knows enough after so many requests."""

    def __init__(self, enough: int) -> None:
        self.enough = enough
        self.rows: list[RequestRow] = []
        self.run: LevelRun | None = None

    def look(self, rows: Sequence[RequestRow], so_far: SoFar) -> str | None:
        self.rows += rows
        self.run = so_far(5.0)
        return "precision" if len(self.rows) >= self.enough else None


@pytest.fixture(autouse=True)
def always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(level_monitor, "LOOK_SECONDS", 0.0)


def level(index: int) -> Level:
    return Level(index, "D(1,1)", 1, 10.0, 100, 1)


def line(kind: str, level: int = 1, **fields: Any) -> str:
    return json.dumps({"kind": kind, "level": level, **fields}) + "\n"


def begun(level: int = 1) -> str:
    return line("level", level, scenario="D(1,1)", concurrency=1, wall=1.0, mono=1.0)


def request(start: float, level: int = 1) -> str:
    times = {"start": start, "first": start + 0.1, "end": start + 0.2, "chunks": [start + 0.1]}
    return line("request", level, **times, **{"in": 1, "out": 1, "error": None})


def append(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(lines)


def test_each_request_of_the_level_is_seen_once_and_those_of_other_levels_never(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    append(path, begun(1), request(0.5, 1))
    watch = Counting(4)
    monitor = LevelMonitor(path, level(2), watch)
    assert not monitor.knows_enough_now()
    append(path, begun(2), request(2.0, 2), request(1.5, 2), request(9.0, 1))
    assert not monitor.knows_enough_now()
    assert [row.start for row in watch.rows] == [2.0, 1.5]
    append(path, line("tick", 2, mono=2.5, cpu=0.97, lag=0.002, lag_max=0.004))
    whole = request(3.0, 2)
    append(path, whole[:20])
    assert not monitor.knows_enough_now()
    append(path, whole[20:], request(4.0, 2))
    assert monitor.knows_enough_now()
    assert monitor.reason == "precision"
    assert watch.run is not None and [row.start for row in watch.run.rows] == [1.5, 2.0, 3.0, 4.0]
    assert watch.run.client is not None and watch.run.client.cpu_share == 0.97
    append(path, request(5.0, 2))
    assert not monitor.knows_enough_now(), "it is asked to end once"
    samples = monitor.samples()
    assert samples is not None and [row.start for row in samples.rows] == [1.5, 2.0, 3.0, 4.0, 5.0]


def test_without_a_watch_the_level_is_read_at_its_end_and_nothing_before_it(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    append(path, begun(1), request(0.5, 1))
    monitor = LevelMonitor(path, level(1), None)
    append(path, begun(1), request(2.0, 1))
    assert not monitor.knows_enough_now()
    samples = monitor.samples()
    assert samples is not None and [row.start for row in samples.rows] == [2.0]
    assert monitor.reason is None


def test_a_level_without_a_file_has_no_samples(tmp_path: Path) -> None:
    monitor = LevelMonitor(tmp_path / "none.jsonl", level(1), Counting(1))
    assert not monitor.knows_enough_now()
    assert monitor.samples() is None
