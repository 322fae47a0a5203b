"""A level in which the load generator was the limit is not lost as long as more of them could help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.base import ClientLoad, Endpoint, Level, LevelRun, LevelWatch
from autotuner_core.benchmark.workers import Workers
from autotuner_core.control import Scope
from autotuner_core.run.journal import read_journal
from tests.core.engine.places import Room, StubLoad, StubPlace


class Saturated(StubLoad):
    """Load generators that reach their limit as long as fewer than `needed` share a level at concurrency 2."""

    def __init__(self, needed: int, cores: int) -> None:
        super().__init__()
        self.needed, self.workers = needed, Workers(None, cores, 1)
        self.asked: list[tuple[int, int]] = []

    def run_level(
        self,
        level: Level,
        endpoint: Endpoint,
        folder: Path,
        scope: Scope,
        server_failure: Callable[[], Any],
        watch: Callable[[], LevelWatch] | None = None,
    ) -> LevelRun:
        run = super().run_level(level, endpoint, folder, scope, server_failure, watch)
        number = self.workers.of(level)
        self.asked.append((level.index, number))
        busy = level.concurrency == 2 and number < self.needed
        return replace(run, workers=number, client=ClientLoad(0.99 if busy else 0.4, 0.001, 0.002))

    def more_workers(self, run: LevelRun) -> int | None:
        return self.workers.more(run)


def test_it_is_measured_again_by_more_and_scored(tmp_path: Path) -> None:
    load = Saturated(needed=2, cores=4)
    room = Room(tmp_path, StubPlace(), load)
    room.run()
    assert set(room.statuses().values()) == {"success"}
    ended = [e for e in read_journal(room.folder.journal) if e.type == "LevelEnded" and e.level == 2]
    assert [e.verdict for e in ended] == ["client_bound", "ok", "ok", "ok", "ok"]
    assert "shared by 2 load generators" in ended[0].notes[-1]
    # The experiments that follow begin with two, in the warm-up too.
    assert load.asked == [(0, 1), (1, 1), (2, 1), (2, 2)] + 3 * [(0, 2), (1, 1), (2, 2)]


def test_where_more_are_not_possible_the_level_stays_client_bound(tmp_path: Path) -> None:
    room = Room(tmp_path, StubPlace(), Saturated(needed=4, cores=1), optimization={"max_iterations": 1})
    room.run()
    (ended,) = [e for e in read_journal(room.folder.journal) if e.type == "LevelEnded" and e.level == 2]
    assert ended.verdict == "client_bound"
    assert any("num_workers" in line for line in ended.evidence)
