"""From the word on the command line to a task, or to all that is wrong with it."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import UserError
from autotuner_tui.cli.registry import COMMANDS

if TYPE_CHECKING:
    from autotuner_core.plan.plan import Plan
    from autotuner_core.task.load import LoadedTask

STDIN = "-"


def load(word: str, may_be_command: bool = False) -> LoadedTask:
    """The task of a file, or of stdin where the word is `-`. `may_be_command`: it may as well be a mistyped command.

    Raises TaskError with everything that is wrong in it, UserError where there is no such file.
    """
    if word != STDIN:
        check_there(Path(word), may_be_command)
    from autotuner_core.task.load import load_task, parse_task

    if word != STDIN:
        return load_task(Path(word))
    text = sys.stdin.read()
    return parse_task(text, "json" if text.lstrip().startswith("{") else "yaml")


def load_or_refuse(word: str, may_be_command: bool = False) -> LoadedTask:
    """The same for commands that want nothing but a valid task. Raises UserError with the findings as lines."""
    from autotuner_core.task.errors import TaskError
    from autotuner_tui.cli.findings import count_line, finding_lines

    try:
        return load(word, may_be_command)
    except TaskError as error:
        findings = (*error.findings, *error.remarks)
        lines = "\n".join(finding_lines(findings, word))
        raise UserError(f"the task was refused ({count_line(findings)})\n{lines}") from error


def planned(loaded: LoadedTask, direct: bool, templates: str | None = None) -> Plan:
    """The plan of a task, with what is in the way of its objects in a cluster (`templates`: a folder of the user's
    own). Raises UserError where its configurations cannot even be told."""
    from autotuner_core.plan.build import build_plan
    from autotuner_tui.cli.objects import with_object_findings

    try:
        plan = build_plan(loaded, direct=direct)
    except ValueError as error:
        raise UserError(f"the task cannot be planned: {error}") from error
    return with_object_findings(plan, loaded.task, templates)


def check_there(path: Path, may_be_command: bool) -> None:
    """Raises UserError where there is no such file; `may_be_command`: with the command that may have been meant."""
    may_be_command = may_be_command and path.parent == Path() and not path.suffix
    try:
        if path.is_file() or path.is_fifo():
            return
        what = "is a folder, not a task file" if path.is_dir() else "is a device or a socket, not a task file"
        if not path.exists():
            what = "is neither a command nor a file" if may_be_command else "does not exist"
    except OSError as error:  # a name too long, a folder that may not be read
        what = f"cannot be read: {error.strerror}"
    except ValueError as error:  # a null byte in the name
        what = f"is no file name: {error}"
    raise UserError(f"{str(path)!r} {what}", cure=_nearest(path, may_be_command))


def _nearest(path: Path, may_be_command: bool) -> str:
    if may_be_command:
        built = [command.name for command in COMMANDS.values() if command.built]
        near = difflib.get_close_matches(path.name, built, n=1, cutoff=0.6)
        return f"did you mean the command `autotuner-tui {near[0]}`?" if near else "`autotuner-tui --help` lists them"
    return "`autotuner-tui new` lists example tasks, and writes one"
