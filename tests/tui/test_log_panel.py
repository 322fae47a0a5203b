"""The logs beside the experiments are those of the one that is looked at, and the whole screen is a key away."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_tui import settings
from autotuner_tui.app import AutotunerApp
from autotuner_tui.logs.sources import sources_of
from autotuner_tui.screens.logs import LogScreen
from autotuner_tui.screens.run import RunScreen
from autotuner_tui.views.log_title import title_of
from autotuner_tui.widgets.lines import texts
from autotuner_tui.widgets.log_panel import LogPanel
from autotuner_tui.widgets.table import Table
from on_screen import on_screen, until
from recordings import BEGAN, beginning, scored, stamped


@pytest.fixture(autouse=True)
def _settings_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "settings_file", lambda: tmp_path / "config" / "settings.json")


def recorded(tmp_path: Path) -> RunFolder:
    """Two experiments that were measured, the second one twice."""
    run = RunFolder(tmp_path / "results" / "chat" / "ab12")
    run.root.mkdir(parents=True)
    again = [ev.AttemptStarted(experiment=2, attempt=2), ev.AttemptEnded(experiment=2, attempt=2, outcome="failed")]
    events = [*beginning(3), *scored(1, 100.0), *scored(2, 90.0), *again]
    run.journal.write_text("".join(json.dumps(event.to_record()) + "\n" for event in stamped(events)))
    for experiment, attempt in ((1, 1), (2, 1), (2, 2)):
        folder = run.attempt(experiment, attempt)
        folder.mkdir(parents=True)
        lines = [f"exp {experiment} attempt {attempt} line {n}\n" for n in range(200)]
        (folder / "engine.log").write_text("".join(lines))
        (folder / "benchmark.log").write_text(f"exp {experiment} attempt {attempt} measured\n")
    return run


def on_run(tmp_path: Path, test: Callable[[Pilot[Any]], Awaitable[None]]) -> None:
    folder = recorded(tmp_path)

    def first(app: AutotunerApp) -> RunScreen:
        return app.open_run(folder)

    on_screen(first, test)


def panel(pilot: Pilot[Any]) -> LogPanel:
    return pilot.app.screen.query_one(LogPanel)


async def shows(pilot: Pilot[Any], text: str) -> None:
    def lines() -> list[str]:
        return [line.rstrip() for line in texts(panel(pilot).view._shown)]

    await until(pilot, lambda: text in lines(), what=lambda: f"{text!r} in {lines()}")


def test_the_logs_are_those_of_the_experiment_under_the_cursor_and_of_its_last_attempt(tmp_path: Path) -> None:
    async def test(pilot: Pilot[Any]) -> None:
        await shows(pilot, "exp 1 attempt 1 line 199")
        await pilot.press("right_square_bracket")
        await shows(pilot, "exp 1 attempt 1 measured")
        await pilot.press("j")
        await shows(pilot, "exp 2 attempt 2 measured")
        assert panel(pilot).border_title == "4 Logs · exp 2 · attempt 2  engine ▸benchmark · tuner  host"
        await pilot.press("j", "left_square_bracket")
        await shows(pilot, "The engine's log of experiment 3 will stand here once its server is started.")

    on_run(tmp_path, test)


def test_who_reads_a_log_is_not_torn_away_when_the_run_goes_on_to_the_next_experiment(tmp_path: Path) -> None:
    async def test(pilot: Pilot[Any]) -> None:
        run = pilot.app.screen.open_run  # type: ignore[attr-defined]
        await shows(pilot, "exp 1 attempt 1 line 199")
        await pilot.press("4")
        await until(pilot, lambda: panel(pilot).view.has_focus)
        await pilot.press("g")
        await shows(pilot, "exp 1 attempt 1 line 0")
        begun = replace(ev.AttemptStarted(experiment=3, attempt=1), seq=run.state.last_seq + 1, ts=BEGAN + 1000)
        with run.folder.journal.open("a") as journal:
            journal.write(json.dumps(begun.to_record()) + "\n")
        await until(pilot, lambda: pilot.app.screen.query_one("#experiments", Table).cursor == 3)
        await pilot.press("j")
        assert panel(pilot).view.top == 1
        await shows(pilot, "exp 1 attempt 1 line 1")
        await pilot.press("s")
        await shows(pilot, "The engine's log of experiment 3 will stand here once its server is started.")

    on_run(tmp_path, test)


def test_the_whole_screen_goes_on_where_the_panel_was_and_the_panel_where_it_was_left(tmp_path: Path) -> None:
    async def test(pilot: Pilot[Any]) -> None:
        await shows(pilot, "exp 1 attempt 1 line 199")
        await pilot.press("4")
        await until(pilot, lambda: panel(pilot).view.has_focus)
        await pilot.press("g", "pagedown", "f")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await until(pilot, lambda: panel(pilot).view.top > 0)
        top = panel(pilot).view.top
        await shows(pilot, f"exp 1 attempt 1 line {top}")
        await pilot.press("j", "j", "f")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        await until(pilot, lambda: panel(pilot).view.top == top + 2)

    on_run(tmp_path, test)


def test_the_logs_of_every_attempt_are_on_the_whole_screen(tmp_path: Path) -> None:
    async def test(pilot: Pilot[Any]) -> None:
        await shows(pilot, "exp 1 attempt 1 line 199")
        await pilot.press("j", "l")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await shows(pilot, "exp 2 attempt 2 line 199")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await shows(pilot, "exp 2 attempt 1 line 199")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))

    on_run(tmp_path, test)


def test_a_narrow_panel_still_says_which_log_it_shows(tmp_path: Path) -> None:
    sources = sources_of(RunFolder(tmp_path), 7, [1, 2])
    whole = "4 Logs · exp 7 · attempt 2  engine  benchmark · attempt 1 ▸engine  benchmark · tuner  host"
    assert title_of(sources, 2, ["4 Logs", "exp 7"], 90) == whole
    assert title_of(sources, 2, ["4 Logs", "exp 7"], 36) == "4 Logs · exp 7 · attempt 1 engine 3/6"
    assert title_of(sources_of(RunFolder(tmp_path), None, []), 0, ["4 Logs", ""], 36) == "4 Logs · ▸tuner  host"
