"""From a valid task to a run that is shown: what `run`, `demo` and the call without a command have in common."""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import UserError

if TYPE_CHECKING:
    from autotuner_core.engine.held_run import HostOptions
    from autotuner_core.findings import Finding
    from autotuner_core.plan.plan import Plan
    from autotuner_core.run.folder import RunFolder
    from autotuner_core.task.load import LoadedTask
    from autotuner_tui.host.order import Order


def plan_to_run(loaded: LoadedTask, arguments: Namespace, source: str) -> Plan:
    """The plan of a task that is about to be run. Its warnings are said on stderr (notes are for `check` and `plan`).

    Raises UserError where it found an error, or what this machine does not have: nothing is recorded then.
    """
    from autotuner_core.findings import Severity
    from autotuner_tui.cli.findings import count_line, finding_lines
    from autotuner_tui.cli.task_file import planned
    from autotuner_tui.headless.outlet import Outlet

    plan = planned(loaded, arguments.direct, arguments.templates)
    findings = findings_of_start(plan)
    if any(finding.severity is Severity.ERROR for finding in findings):
        lines = "\n".join(finding_lines(findings, source))
        raise UserError(f"the task was refused ({count_line(findings)})\n{lines}")
    err = Outlet(sys.stderr)
    for line in finding_lines((f for f in plan.findings if f.severity is Severity.WARNING), source):
        err.line(line)
    return plan


def findings_of_start(plan: Plan) -> list[Finding]:
    """The plan's findings before a run of it here: what this machine does not have is an error then."""
    from autotuner_core.findings import Severity
    from autotuner_core.plan.checks.here import CODE

    return [replace(f, severity=Severity.ERROR) if f.code == CODE else f for f in plan.findings]


def start(loaded: LoadedTask, plan: Plan, arguments: Namespace) -> int:
    """Run the task from its beginning and show it; the exit code tells how it ended."""
    from autotuner_tui.host.order import NewRun

    read = replace(loaded, raw={}, marks=None)  # places in the file have been told: they need not travel
    return show(NewRun(read, plan, Path(arguments.results_dir), host_options(arguments)), arguments)


def go_on(folder: RunFolder, arguments: Namespace) -> int:
    """Resume a run and show it."""
    from autotuner_tui.host.order import GoOn

    return show(GoOn(folder, host_options(arguments)), arguments)


def show(order: Order, arguments: Namespace) -> int:
    """Have the order carried out, and watch. Raises UserError where the run cannot even begin."""
    if detaches(arguments):
        return _show_apart(order, arguments)
    if arguments.in_process and _on_a_screen(arguments):
        from autotuner_tui.cli import screen

        host = order.take_in_hand()
        return screen.show(lambda app: app.open_run(host.folder, host=host), arguments, host)
    from autotuner_tui.headless.session import Manner, Session

    return Session(order.take_in_hand(), Manner(as_json=arguments.json, strict=arguments.strict)).run()


def _on_a_screen(arguments: Namespace) -> bool:
    from autotuner_tui.cli.screen import has_screen

    return not (arguments.no_ui or arguments.json) and has_screen()


def _show_apart(order: Order, arguments: Namespace) -> int:
    """The run in a process of its own, and here its screen: lines where the terminal can draw none."""
    from autotuner_tui.cli import screen
    from autotuner_tui.host.spawn import spawn_host

    begun = spawn_host(order)
    try:
        if screen.has_screen():
            return screen.show(lambda app: app.open_run(begun.folder, child=begun.process), arguments)
        from autotuner_tui.live.view import LinesOfRun, ViewManner

        return LinesOfRun(begun.folder, ViewManner(strict=arguments.strict), begun.process).run()
    except KeyboardInterrupt:  # before anything takes signals: meant for the run all the same
        begun.process.send_signal(signal.SIGINT)
        begun.process.wait()
        raise


def detaches(arguments: Namespace, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the run gets a process that outlives this terminal: where there is one, and nobody asked otherwise.
    Not in CI, which ends what a job leaves running."""
    if arguments.no_ui or arguments.json or arguments.in_process or environment.get("CI"):
        return False
    return sys.stderr is not None and sys.stderr.isatty()


def event_command(arguments: Namespace) -> tuple[str, ...]:
    """The program that `--on-event` names, with its arguments; empty where it was not given. Raises UserError."""
    if arguments.on_event is None:
        return ()
    from autotuner_core.engine.event_command import command_of_words

    try:
        return tuple(command_of_words(arguments.on_event))
    except ValueError as error:
        raise UserError(
            f"--on-event: {error}", cure="Give a program with its arguments, such as --on-event './notify.sh team'."
        ) from error


def host_options(arguments: Namespace) -> HostOptions:
    """What the command line asks of the host. A run that a person can steer waits in trouble for that person; any other
    one ends. Raises UserError where `--on-event` names no program."""
    from autotuner_core.engine.held_run import HostOptions
    from autotuner_tui.cli.cluster import placement_of

    return HostOptions(
        unattended=not (detaches(arguments) or (arguments.in_process and _on_a_screen(arguments))),
        take_over=arguments.take_over,
        on_event=event_command(arguments),
        rerun=getattr(arguments, "rerun", ()),
        placement=placement_of(arguments),
    )
