"""A person sees what is measured as it is measured, and a screen on which nothing changes is silent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import RenderableType
from textual.pilot import Pilot
from textual.screen import Screen

import recordings as rec
from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import Journal
from autotuner_tui.app import AutotunerApp
from autotuner_tui.widgets.lines import LinesView, texts
from on_screen import on_screen, until
from samples import append, level, level_end, request, tick

SECOND: dict[str, Any] = {"experiment": 2, "attempt": 1}
LEVEL: dict[str, Any] = {**SECOND, "scenario": "D(100,100)", "concurrency": 2}


class Measured:
    """A recorded run of which experiment 1 is scored and experiment 2 is being measured."""

    def __init__(self, root: Path) -> None:
        self.folder = RunFolder(root / "results" / "chat" / "ab12")
        self.folder.root.mkdir(parents=True)
        self._journal = Journal(self.folder.journal)
        process = ev.WorkloadObserved(**SECOND, kind="process", name="exp2-attempt1-engine", phase="running", pid=77)
        started = [ev.AttemptStarted(**SECOND), process, ev.LevelStarted(**LEVEL, level=1, max_requests=100)]
        self.record(*rec.beginning(), *rec.scored(1, 140.0), *started)

    def record(self, *events: ev.Event) -> None:
        for event in events:
            self._journal.record(event)

    def measure(self, *lines: Any) -> None:
        append(self.folder.attempt(2, 1) / "samples.jsonl", *lines)

    def see(self, test: Callable[[Pilot[Any]], Awaitable[None]], size: tuple[int, int] = (160, 45)) -> None:
        """Open it on a screen, and run the test against that."""
        on_screen(lambda app: app.open_run(self.folder), test, size)


@pytest.fixture
def run(tmp_path: Path) -> Measured:
    return Measured(tmp_path)


def panel(pilot: Pilot[Any], name: str) -> str:
    view = pilot.app.screen.query_one(f"#{name}", LinesView)
    return "\n".join([str(view.border_title), *texts(view._shown), str(view.border_subtitle)])


async def sees(pilot: Pilot[Any], name: str, *words: str) -> None:
    await until(
        pilot,
        lambda: all(word in panel(pilot, name) for word in words),
        what=lambda: f"{words} in\n{panel(pilot, name)}",
    )


def test_what_is_measured_is_charted_while_it_is_measured(run: Measured) -> None:
    async def test(pilot: Pilot[Any]) -> None:
        await sees(pilot, "live", "are charted here while an experiment is measured")
        run.measure(level(1), request(1, 100.0), request(1, 100.4), tick(1, 101.0, 2))
        await sees(pilot, "live", "Output 20.0 tokens/s", "p95 50.0", "In flight", "exp 2 level 1/2 D(100,100) x2")
        run.measure(request(1, 101.0, error=500), tick(1, 102.0, 2))
        await sees(pilot, "live", "✘ 1 failed")

    run.see(test)


def test_the_picture_of_an_ended_level_stays_until_the_next_one_begins(run: Measured) -> None:
    run.measure(level(1), request(1, 100.0), request(1, 100.4), tick(1, 101.0, 2), level_end(1, 101.0))

    async def test(pilot: Pilot[Any]) -> None:
        await sees(pilot, "live", "Output 20.0 tokens/s", "(ended)")
        run.record(ev.LevelEnded(**LEVEL, level=1, verdict="ok"), ev.LevelStarted(**LEVEL, level=2))
        await sees(pilot, "workloads", "level 1 D(100,100) x2 ok")
        assert "Output 20.0 tokens/s" in panel(pilot, "live")
        run.measure(level(2, 110.0), request(2, 110.0, 0.2), tick(2, 111.0, 2))
        await sees(pilot, "live", "level 2/2")

    run.see(test)


def test_processes_are_shown_with_what_they_use_and_scores_as_they_come(run: Measured) -> None:
    async def test(pilot: Pilot[Any]) -> None:
        await sees(pilot, "workloads", "2 Processes 1 and events", "running", "77")
        await sees(pilot, "scores", "best so far 140 tokens/s, exp 1")
        append(run.folder.attempt(2, 1) / "usage.jsonl", {"cpu": 1.5, "rss": 3 << 30})
        await sees(pilot, "workloads", "150 %", "3.00 GiB")
        run.record(ev.AttemptEnded(**SECOND, outcome="scored", score=150.0, feasible=True, miss=0.0, metrics={}))
        await sees(pilot, "scores", "best so far 150 tokens/s, exp 2")

    run.see(test)


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (40, 20)])
def test_charts_and_scores_fit_every_size_of_terminal(run: Measured, size: tuple[int, int]) -> None:
    run.measure(level(1), request(1, 100.0), request(1, 100.4), tick(1, 101.0, 2))

    async def test(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await sees(pilot, "live", "Output", "TTFT", "TPOT", "In flight", "20.0")
        await pilot.press("5")
        await sees(pilot, "scores", "140 tokens/s", "✔")

    run.see(test, size)


def test_nothing_is_sent_while_nothing_changes(run: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    run.measure(level(1), request(1, 100.0), request(1, 100.4), tick(1, 101.0, 2))
    run.record(ev.RunEnded(reason="stopped"))
    sent: list[RenderableType] = []
    display = AutotunerApp._display

    def listening(app: AutotunerApp, screen: Screen[object], renderable: RenderableType | None) -> None:
        if renderable is not None:
            sent.append(renderable)
        display(app, screen, renderable)

    monkeypatch.setattr(AutotunerApp, "_display", listening)

    async def test(pilot: Pilot[Any]) -> None:
        await sees(pilot, "live", "Output 20.0 tokens/s")
        await pilot.pause()
        assert sent
        sent.clear()
        for _ in range(5):
            pilot.app.screen.tick()  # type: ignore[attr-defined]
            await pilot.pause()
        assert sent == []

    run.see(test)
