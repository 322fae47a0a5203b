"""From a valid task to a run that is shown: what `run`, `demo` and the call without a command have in common."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from autotuner_core.engine.host import Host, HostOptions
    from autotuner_core.plan.plan import Plan
    from autotuner_core.run.folder import RunFolder
    from autotuner_core.task.load import LoadedTask


def plan_to_run(loaded: LoadedTask, arguments: Namespace, source: str) -> Plan:
    """The plan of a task that is about to be run. Its warnings are said on stderr (notes are for `check` and `plan`).

    Raises UserError where it found an error.
    """
    from autotuner_core.findings import Severity
    from autotuner_tui.cli.findings import count_line, finding_lines
    from autotuner_tui.cli.task_file import planned
    from autotuner_tui.headless.outlet import Outlet

    plan = planned(loaded, arguments.direct)
    if plan.errors:
        lines = "\n".join(finding_lines(plan.findings, source))
        raise UserError(f"the task was refused ({count_line(plan.findings)})\n{lines}")
    err = Outlet(sys.stderr)
    for line in finding_lines((f for f in plan.findings if f.severity is Severity.WARNING), source):
        err.line(line)
    return plan


def start(loaded: LoadedTask, plan: Plan, arguments: Namespace) -> int:
    """Run the task from its beginning and show it; the exit code tells how it ended."""
    from autotuner_core.engine.start import create_run

    results, options = Path(arguments.results_dir), host_options(arguments)
    return show(lambda: create_run(loaded, plan, results_dir=results, options=options), arguments)


def go_on(folder: RunFolder, arguments: Namespace) -> int:
    """Resume a run and show it."""
    from autotuner_core.engine.start import resume_run

    options = host_options(arguments)
    return show(lambda: resume_run(folder, options), arguments)


def host_options(arguments: Namespace) -> HostOptions:
    """What the command line asks of the host. Raises UserError where `--on-event` names no program."""
    from autotuner_core.engine.event_command import command_of_words
    from autotuner_core.engine.host import HostOptions

    try:
        on_event = command_of_words(arguments.on_event) if arguments.on_event is not None else ()
    except ValueError as error:
        raise UserError(
            f"--on-event: {error}", cure="Give a program with its arguments, such as --on-event './notify.sh team'."
        ) from error
    return HostOptions(take_over=arguments.take_over, on_event=on_event, rerun=getattr(arguments, "rerun", ()))


def show(make_host: Callable[[], Host], arguments: Namespace) -> int:
    """Make the host and watch it to its end. Raises UserError where the run cannot even begin."""
    from autotuner_core.engine.start import NotResumable
    from autotuner_core.failures import PreflightError
    from autotuner_core.run.journal import JournalWriteError
    from autotuner_core.run.locks import LockHeld
    from autotuner_tui.headless.session import Manner, Session

    try:
        host = make_host()
    except PreflightError as error:
        raise UserError(error.message, cure=error.cure) from error
    except (LockHeld, NotResumable) as error:
        raise UserError(str(error)) from error
    except (JournalWriteError, OSError) as error:
        raise UserError(f"the run cannot be recorded: {error}", cure="--results-dir names another place") from error
    return Session(host, Manner(as_json=arguments.json, strict=arguments.strict)).run()
