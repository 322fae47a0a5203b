"""The first screen: runs with their state, tasks opened before, examples; what each key opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

import recordings as rec
from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.index import record_run
from autotuner_core.run.journal import Journal
from autotuner_tui import start_lists
from autotuner_tui.app import AutotunerApp
from autotuner_tui.recent_tasks import remember_task
from autotuner_tui.screens.path_question import PathQuestion
from autotuner_tui.screens.question import Question
from autotuner_tui.screens.run import RunScreen
from autotuner_tui.screens.start import StartScreen
from autotuner_tui.screens.task import TaskScreen
from autotuner_tui.start_lists import Lister
from on_screen import until
from screens_shown import arguments, drive, shown


def recorded(tmp_path: Path, run_id: str, *more: ev.Event) -> RunFolder:
    folder = RunFolder(tmp_path / "results" / "chat" / run_id)
    folder.root.mkdir(parents=True)
    journal = Journal(folder.journal)
    for event in (*rec.beginning(), *more):
        journal.record(event)
    journal.close()
    record_run(folder)
    return folder


def start(app: AutotunerApp) -> StartScreen:
    return StartScreen(arguments())


def listed(app: AutotunerApp) -> bool:
    return "local_demo" in shown(app.screen, "#examples")


def test_runs_are_listed_with_state_and_score_and_an_interrupted_one_can_be_gone_on_with(tmp_path: Path) -> None:
    recorded(tmp_path, "aa11", *rec.scored(1, 1843.0))

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: listed(app))
        row = shown(app.screen, "#runs").splitlines()[1]
        assert all(word in row for word in ("aa11", "chat", "interrupted", "1/2", "1840 tokens/s")), row
        assert app.screen.situation().resumable and "R goes on with it" in shown(app.screen, "#head")
        assert "q leave" in shown(app.screen, "Footer")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: "q back" in shown(app.screen, "Footer"))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))

    drive(start, play)


def test_a_run_is_read_again_only_when_its_record_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autotuner_tui.cli.commands import runs

    folder = recorded(tmp_path, "aa11")
    lister, read = Lister(), []
    row_of = runs.row_of
    monkeypatch.setattr(runs, "row_of", lambda *told: read.append(told) or row_of(*told))
    first = lister.read()
    assert lister.read() == first and len(read) == 1
    with folder.journal.open("a") as journal:
        journal.write("{}\n")
    lister.read()
    assert len(read) == 2


def test_a_task_opened_before_is_there_again_and_a_file_is_found_by_typing(tmp_path: Path, repository: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text((repository / "examples" / "local_demo.json").read_text())
    remember_task(path)

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: listed(app))
        await pilot.press("2")
        await until(pilot, lambda: getattr(app.focused, "id", "") == "tasks")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TaskScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, PathQuestion))
        field = app.screen.query_one(Input)
        field.value = f"{tmp_path}/mi"
        await pilot.press("tab")
        await until(pilot, lambda: field.value == str(path))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TaskScreen))

    drive(start, play)


def test_an_example_becomes_a_file_of_one_s_own(tmp_path: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: listed(app))
        await pilot.press("3")
        await until(pilot, lambda: getattr(app.focused, "id", "") == "examples")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PathQuestion))
        app.screen.query_one(Input).value = str(tmp_path / "own.json")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TaskScreen))

    drive(start, play)
    assert '"task_name"' in (tmp_path / "own.json").read_text()


@pytest.mark.parametrize("there", [True, False])
def test_the_demo_is_offered_first_where_nothing_else_could_run(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from autotuner_tui.screens import start as module

    monkeypatch.setattr(module, "has_place", lambda arguments: there)

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: listed(app) and "no run yet" in shown(app.screen, "#runs"))
        await until(pilot, lambda: ("No GPU" in shown(app.screen, "#head")) == (not there))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("n")

    drive(start, play)


def test_a_kubeconfig_or_a_gpu_is_a_place_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert not start_lists.has_place(arguments())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert start_lists.has_place(arguments())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    (tmp_path / "kube").write_text("")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kube"))
    assert start_lists.has_place(arguments())


def test_nothing_is_sent_while_nothing_changes(tmp_path: Path) -> None:
    recorded(tmp_path, "aa11", *rec.scored(1, 1843.0))

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: listed(app))
        await pilot.pause(0.3)
        painted: list[Any] = []
        screen, driver = app.screen, app._driver
        assert driver is not None and isinstance(screen, StartScreen)
        driver.write = painted.append  # type: ignore[method-assign]
        for _ in range(3):
            screen.look()
            await until(pilot, lambda: not screen._reads.busy)
        assert painted == []

    drive(start, play)
