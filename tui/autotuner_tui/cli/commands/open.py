"""`autotuner-tui [TASK]`: the screen, on its first page or on a task with its plan, which one key starts. With --no-ui
or --json the task starts at once."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import UserError

if TYPE_CHECKING:
    from textual.screen import Screen


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    if arguments.no_ui or arguments.json:
        return _start_at_once(arguments)
    if arguments.in_process:
        raise UserError("--in-process has no effect here", cure="`autotuner-tui run TASK --in-process` takes it")
    from autotuner_tui.cli import screen

    if not screen.has_screen():
        _refuse_what_is_wrong(arguments)
        screen.refuse_without_screen("a task's page" if arguments.task else "the first page", _instead(arguments.task))
    return screen.show(lambda app: _first_screen(arguments), arguments)


def _refuse_what_is_wrong(arguments: Namespace) -> None:
    """Raises UserError for files that are not there and options that no run could begin with. On a screen this waits
    until the shell is painted: it reads much of the program."""
    from autotuner_tui.cli.cluster import check_files
    from autotuner_tui.cli.start import event_command
    from autotuner_tui.cli.task_file import check_there

    if arguments.task is not None:
        check_there(Path(arguments.task), may_be_command=True)
    check_files(arguments)
    event_command(arguments)


def _instead(task: str | None) -> str:
    if task is None:
        return "`autotuner-tui demo --no-ui` tunes a small engine on this machine; `autotuner-tui --help` tells more"
    return "Add --no-ui, and the task starts without one; `plan` tells what it will do, `check` what is wrong with it."


def _start_at_once(arguments: Namespace) -> int:
    from autotuner_tui.cli.commands import run as run_command

    if arguments.task is None:
        raise UserError("name a task file", cure=_instead(None))
    return run_command.run(arguments, may_be_command=True)


def _first_screen(arguments: Namespace) -> Screen[object]:
    _refuse_what_is_wrong(arguments)
    if arguments.task is None:
        from autotuner_tui.screens.start import StartScreen

        return StartScreen(arguments)
    from autotuner_tui.editing.document import opened
    from autotuner_tui.screens.task import TaskScreen

    return TaskScreen(opened(Path(arguments.task)), arguments)
