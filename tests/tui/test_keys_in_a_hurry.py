"""Keys that are typed faster than screens change: none closes, covers or starts what the person has not seen."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_tui.app import AutotunerApp
from autotuner_tui.cli.exits import UserError
from autotuner_tui.cli.screen import _tell_of_the_unseen
from autotuner_tui.editing.document import begun
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.host import beginning
from autotuner_tui.host.spawn import HostProcess
from autotuner_tui.open_run import OpenRun
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.screens.experiment import ExperimentScreen
from autotuner_tui.screens.help import HelpScreen
from autotuner_tui.screens.logs import LogScreen
from autotuner_tui.screens.question import Question
from autotuner_tui.screens.results import ResultsScreen
from autotuner_tui.screens.run import RunScreen
from autotuner_tui.screens.start import StartScreen
from autotuner_tui.screens.task import TaskScreen
from on_screen import until
from recorded_run import Driven, driven, recorded
from recordings import beginning as first_events
from recordings import scored
from screens_shown import arguments, drive


def typed(app: AutotunerApp, *keys: str) -> None:
    """As a terminal sends keys that came in one piece."""
    driver = app._driver
    assert driver is not None
    for key in keys:
        driver.send_message(Key(key, key if len(key) == 1 else None))


def test_a_second_key_behind_the_one_that_closes_a_box_closes_nothing_else(tmp_path: Path) -> None:
    folder = recorded(tmp_path, [*first_events(), ev.RunEnded(reason="stopped")])

    async def does(run: Driven) -> None:
        await run.sees("queued")
        await run.press("v")
        results = run.app.screen
        await run.press("question_mark")
        await run.until(lambda: isinstance(run.app.screen, HelpScreen), "the help")
        for _ in range(3):
            run.app.screen.post_message(Key("x", "x"))
        await run.until(lambda: run.app.screen is results, "the screen below the help")
        await run.pilot.pause(0.1)
        assert run.app.screen is results

    driven(folder, does)


def test_a_key_pressed_twice_asks_once(tmp_path: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await pilot.press("x")
        typed(app, "escape", "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert sum(isinstance(screen, Question) for screen in app.screen_stack) == 1
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, TaskScreen))

    drive(lambda app: TaskScreen(begun(), arguments()), play)


class Slow:
    """A host that takes its time until the run exists."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder, self.go = folder, threading.Event()
        self.processes: list[subprocess.Popen[bytes]] = []

    def spawn(self, *_: Any) -> HostProcess:
        self.processes.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
        self.go.wait(60)
        return HostProcess(self.folder, self.processes[-1])


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    host = Slow(recorded(tmp_path, first_events()))
    monkeypatch.setattr(beginning, "spawn_host", host.spawn)
    yield host
    host.go.set()
    for process in host.processes:
        process.communicate()


def test_whoever_leaves_while_a_run_is_being_started_is_told_where_it_is(slow: Slow) -> None:
    left: list[AutotunerApp] = []

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        left.append(app)
        app.run_worker(app.begin(None))  # type: ignore[arg-type]
        await until(pilot, lambda: slow.processes)
        await pilot.press("q")

    drive(lambda app: StartScreen(arguments()), play)
    (app,) = left
    said = io.StringIO()
    slow.go.set()
    _tell_of_the_unseen(app, Outlet(said))
    assert str(slow.folder.root) in said.getvalue()


def test_no_second_run_begins_while_one_is_being_started(slow: Slow) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        first = app.run_worker(app.begin(None))  # type: ignore[arg-type]
        await until(pilot, lambda: slow.processes)
        with pytest.raises(UserError, match="being started already"):
            await app.begin(None)  # type: ignore[arg-type]
        slow.go.set()
        assert (await first.wait()).folder == slow.folder
        assert len(slow.processes) == 1

    drive(lambda app: StartScreen(arguments()), play)


def test_a_run_is_shown_although_its_task_was_left_while_it_was_being_started(slow: Slow) -> None:
    from autotuner_tui.screens.starting import begin_and_show

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        task = TaskScreen(begun(), arguments())
        await app.push_screen(task)
        app.run_worker(begin_and_show(task, None))  # type: ignore[arg-type]
        await until(pilot, lambda: slow.processes)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        slow.go.set()
        await until(pilot, lambda: isinstance(app.screen, RunScreen))

    drive(lambda app: StartScreen(arguments()), play)


@pytest.mark.parametrize("make", [RunScreen, ResultsScreen, LogScreen, lambda run: ExperimentScreen(run, 1)])
def test_a_terminal_that_is_resized_while_a_screen_comes_and_goes_breaks_nothing(
    tmp_path: Path, make: Callable[[OpenRun], ActionScreen]
) -> None:
    folder = recorded(tmp_path, [*first_events(), ev.RunEnded(reason="stopped")])

    async def does(run: Driven) -> None:
        await run.sees("queued")
        screen, app = make(run.app.runs[0]), run.app
        pushed = app.push_screen(screen)
        screen.call_later(screen.on_resize)
        screen.on_resize()
        await pushed
        await run.until(lambda: screen.stands, "the screen")
        popped = app.pop_screen()
        screen.on_resize()
        screen.tick_now()
        if isinstance(screen, ExperimentScreen):
            screen._look._came()  # its files have been read
        await popped
        if isinstance(screen, ExperimentScreen):
            screen._look._came()
        assert app.fault is None

    driven(folder, does)


def test_going_to_and_fro_between_ranking_and_experiments_leaves_one_way_back(tmp_path: Path) -> None:
    folder = recorded(tmp_path, [*first_events(), *scored(1, 10.0), ev.RunEnded(reason="stopped")])

    async def does(run: Driven) -> None:
        await run.sees("queued")
        deep = len(run.app.screen_stack)
        for _ in range(3):
            await run.press("v")
            await run.until(lambda: isinstance(run.app.screen, ResultsScreen), "the ranking")
            await run.press("enter")
            await run.until(lambda: isinstance(run.app.screen, ExperimentScreen), "the experiment")
        assert len(run.app.screen_stack) == deep + 2

    driven(folder, does)
