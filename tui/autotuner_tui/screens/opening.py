"""From the first screen to what one opens there: a run, a task, a task from an example. Loaded when that is asked
for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.run.whole_file import write_text
from autotuner_tui.app import AutotunerApp
from autotuner_tui.cli.commands.new import example_text
from autotuner_tui.cli.exits import UserError
from autotuner_tui.editing.document import Document, begun, opened
from autotuner_tui.screens.path_question import PathQuestion
from autotuner_tui.start_lists import Example, ListedRun

if TYPE_CHECKING:
    from autotuner_tui.screens.start import StartScreen


async def open_run(screen: StartScreen, run: ListedRun) -> None:
    """The run's screen; why there is none is said."""
    if run.told["state"] == "unreadable" and "problem" in run.told:
        screen.say(str(run.told["problem"]))
        return
    await asyncio.to_thread(__import__, "autotuner_tui.screens.run")
    assert isinstance(screen.app, AutotunerApp)
    screen.app.push_screen(screen.app.open_run(run.folder))


async def open_task(screen: StartScreen, path: Path) -> None:
    """The task of this file."""
    await _edit(screen, lambda: opened(path))


async def new_task(screen: StartScreen) -> None:
    """An empty task, or the one that was never saved."""
    await _edit(screen, begun)


async def ask_and_open_task(screen: StartScreen) -> None:
    """Ask for a path, and open it."""
    path = await screen.answer(PathQuestion("Open a task file"))
    if path is not None:
        await open_task(screen, path)


async def task_from_example(screen: StartScreen, example: Example) -> None:
    """Ask for a path, write the example there, and open it."""
    question = PathQuestion(f"Write the example {example.name} to", example.path.name, must_be=False)
    path = await screen.answer(question)
    if path is None:
        return
    if path.suffix != example.path.suffix:
        screen.say(f"the example is {example.path.suffix[1:].upper()}: name it {path.stem}{example.path.suffix}")
        return
    try:
        await asyncio.to_thread(lambda: write_text([example_text(example.path)], path))
    except OSError as error:
        screen.say(f"not written: {error}")
        return
    await open_task(screen, path)


async def _edit(screen: StartScreen, make: Callable[[], Document]) -> None:
    """The task's screen. Reading what it is made of takes a while the first time."""
    try:
        document = await asyncio.to_thread(make)
    except UserError as error:
        screen.say(f"{error} {error.cure}")
        return
    await asyncio.to_thread(__import__, "autotuner_tui.screens.task")
    from autotuner_tui.screens.task import TaskScreen

    screen.app.push_screen(TaskScreen(document, screen.arguments))
