"""Levels that end early, in a run: the record must tell why each ended, and a warm-up is run in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.base import Endpoint, Level, LevelRun, LevelWatch
from autotuner_core.control import Scope
from autotuner_core.run.events import LevelEnded
from autotuner_core.run.journal import read_journal
from closed_loop import Loop
from early_loop import play
from tests.core.engine.places import Room, StubLoad, StubPlace


@dataclass
class WatchedLoad(StubLoad):
    """A load on paper, ended when its watch says so."""

    watched: dict[int, bool] = field(default_factory=dict)

    def run_level(
        self,
        level: Level,
        endpoint: Endpoint,
        folder: Path,
        scope: Scope,
        server_failure: Any,
        watch: Callable[[], LevelWatch] | None = None,
    ) -> LevelRun:
        self.watched[level.index] = watch is not None
        loop = Loop(level.concurrency, level.max_requests, level.max_seconds, output=10, scenario=level.scenario)
        run = replace(loop.run(), level=level)
        return run if watch is None else play(run, watch())


def levels_of(tmp_path: Path, **changes: Any) -> tuple[list[LevelEnded], WatchedLoad]:
    load = WatchedLoad()
    many = {"max_requests_per_iteration": 2000, **changes.pop("benchmark", {})}
    room = Room(
        tmp_path, StubPlace(), load, parameters={"a": {"type": "choice", "values": [1]}}, benchmark=many, **changes
    )
    room.run()
    events = read_journal(room.folder.journal)
    return [e for e in events if isinstance(e, LevelEnded) and e.purpose == "measure"], load


def test_a_level_that_is_known_is_recorded_as_ended_by_precision_and_counts(tmp_path: Path) -> None:
    ended, load = levels_of(tmp_path, benchmark={"precision": 0.05})
    assert {(level.ended_by, level.verdict) for level in ended} == {("precision", "ok")}
    assert all(level.figures["num_requests"] < 1000 for level in ended)
    assert load.watched == {0: False, 1: True, 2: True}


def test_without_precision_levels_run_their_time_and_count(tmp_path: Path) -> None:
    ended, _ = levels_of(tmp_path)
    assert {level.ended_by for level in ended} == {"requests"}


def test_a_level_that_has_lost_its_slo_is_recorded_as_ended_by_it_and_misses_it(tmp_path: Path) -> None:
    ended, _ = levels_of(tmp_path, optimization={"slo": {"ttft.p50": 0.01}})
    assert {(level.ended_by, level.verdict) for level in ended} == {("slo", "slo_missed")}
    assert all("lost for certain" in level.why and level.notes for level in ended)
