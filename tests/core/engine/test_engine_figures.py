"""What the engine counted during a level is kept with it, from the event to the results file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotuner_core.benchmark import metrics_watch
from autotuner_core.benchmark.base import Endpoint, Level
from autotuner_core.control import Scope
from autotuner_core.report.results import results_document
from autotuner_core.run import events as ev
from autotuner_core.run.journal import read_journal
from misbehaving import Misbehaving
from tests.core.engine.places import Room, StubLoad, StubPlace, StubServer
from waiting import wait_for


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Misbehaving]:
    """A stand-in with vLLM's page, at which the stub's servers answer."""
    monkeypatch.setattr(metrics_watch, "EVERY", 0.01)
    monkeypatch.setattr(metrics_watch, "LAST_LOOK_SECONDS", 30.0)
    with Misbehaving(metrics="vllm") as server:

        def wait_ready(
            self: StubServer, scope: Scope, seconds: float, load_may_start: Callable[[], None] = lambda: None
        ) -> Endpoint:
            return Endpoint(server.url, "stub")

        monkeypatch.setattr(StubServer, "wait_ready", wait_ready)
        yield server


def test_each_level_says_what_its_engine_counted(engine: Misbehaving, tmp_path: Path) -> None:
    def load(level: Level, scope: Scope) -> None:
        engine.running = engine.answering = 0
        stream = room.folder.attempt(1, 1) / "engine_metrics.jsonl"
        wait_for(lambda: looks(stream, level.index), what="the look at the beginning")
        with engine.lock:
            engine.running = engine.answering = level.concurrency
            engine.prompt_tokens += 100 * level.concurrency
        busy = float(level.concurrency)
        wait_for(lambda: looks(stream, level.index).count(busy) > 1, what="looks under load")

    room = Room(tmp_path, StubPlace(), StubLoad(before=load), optimization={"max_iterations": 1})
    room.run()
    ended = [event for event in read_journal(room.folder.journal) if isinstance(event, ev.LevelEnded)]
    measured = [event for event in ended if event.level > 0]
    assert [event.engine["requests_running"]["max"] for event in measured] == [1, 2]
    assert [event.engine["prefix_cache_queries"] for event in measured] == [100, 200]
    (result,) = results_document(room.state)["all_results"]
    assert [level["engine"] for level in result["levels"]] == [dict(event.engine) for event in measured]


def looks(stream: Path, level: int) -> list[float]:
    """The requests that ran at each look of a level."""
    whole = stream.read_text().rpartition("\n")[0] if stream.exists() else ""
    lines = [json.loads(line) for line in whole.splitlines()]
    return [line["requests_running"] for line in lines if line["level"] == level]
