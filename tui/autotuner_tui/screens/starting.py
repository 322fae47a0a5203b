"""From the task on the screen to its run."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.findings import Finding, Severity
from autotuner_tui.app import AutotunerApp
from autotuner_tui.cli.exits import UserError
from autotuner_tui.cli.findings import count_line
from autotuner_tui.editing.examined import Examined, examined, travelling
from autotuner_tui.headless.words import plain
from autotuner_tui.screens.question import Question

if TYPE_CHECKING:
    from autotuner_core.engine.held_run import HostOptions
    from autotuner_tui.host.order import Order
    from autotuner_tui.screens.acting import ActionScreen
    from autotuner_tui.screens.start import StartScreen
    from autotuner_tui.screens.task import TaskScreen

MOST_WARNINGS = 5


async def start_run(screen: TaskScreen) -> None:
    """Check the text once more, ask, save, and have a host take it in hand; then its run is shown. Whatever is in the
    way is said, and the text stays on the screen."""
    app, document = screen.app, screen.document
    assert isinstance(app, AutotunerApp)
    text = screen.editor.text
    found = await asyncio.to_thread(examined, text, document.kind, document.path, screen.arguments)
    if found.plan is None or found.loaded is None or found.errors:
        screen.examined = found
        screen.tick()
        screen.editor.move_cursor((0, 0))
        screen.do_next_problem()
        screen.say(f"not started: {count_line(found.findings)}")
        return
    if not await screen.answer(_question(found, screen)):
        return
    if (screen.unsaved or screen.document.path is None) and not await screen.save():
        return
    screen.say("starting the run")
    refused = await begin_and_show(screen, _order(found, screen.arguments))
    if refused is not None:
        screen.refusal = Finding(Severity.ERROR, f"not started: {refused.message}", cure=refused.cure)
        screen.tick()


async def start_demo(screen: StartScreen) -> None:
    """Ask, then run the demo's task."""
    from autotuner_core.resources import examples
    from autotuner_tui.cli.commands.demo import EXAMPLE

    try:
        source = examples()[EXAMPLE]
        text = await asyncio.to_thread(source.read_text, encoding="utf-8")
    except (OSError, KeyError) as error:
        screen.say(f"the demo's task is missing from this installation: {error}")
        return
    found = await asyncio.to_thread(examined, text, "json", source, screen.arguments)
    if found.plan is None or found.errors:
        screen.say(f"the demo cannot run here: {next(one for one in found.findings).message}")
        return
    lines = ["A small model is served by the bundled engine with several settings, and each is measured.",
             _sums(found), "It needs no GPU and no cluster."]  # fmt: skip
    if await screen.answer(Question("Demo", lines, "starts it", again=("d",))):
        screen.say("starting the demo")
        await begin_and_show(screen, _order(found, screen.arguments))


async def begin_and_show(screen: ActionScreen, order: Order) -> UserError | None:
    """Have a host take the order in hand, and show its run; what is in the way is said, and given."""
    app = screen.app
    assert isinstance(app, AutotunerApp)
    try:
        begun = await app.begin(order)
    except UserError as error:
        screen.say(f"not started: {plain(f'{error.message} {error.cure}')}")
        return error
    app.push_screen(app.open_run(begun.folder, child=begun.process))
    return None


def _order(found: Examined, arguments: Namespace) -> Order:
    from autotuner_tui.host.order import NewRun

    assert found.loaded is not None and found.plan is not None
    return NewRun(travelling(found.loaded), found.plan, Path(arguments.results_dir), options_of(arguments))


def options_of(arguments: Namespace) -> HostOptions:
    """What the host is asked for: a person sits here, and is waited for in trouble."""
    from autotuner_tui.cli.start import host_options

    usual = {"on_event": None, "take_over": False, "in_process": False, "no_ui": False, "json": False}
    return replace(host_options(Namespace(**{**usual, **vars(arguments)})), unattended=False)


def _sums(found: Examined) -> str:
    """What the run would do and cost, in a sentence."""
    from autotuner_core.report.format import number
    from autotuner_tui.cli.plan_text import between

    plan, loaded = found.plan, found.loaded
    assert plan is not None and loaded is not None
    of = plan.forecast
    gpus = f", {number(of.gpu_hours.low)} to {number(of.gpu_hours.high)} GPU-hours" if of.gpu_hours.high else ""
    return f"{plain(loaded.task.task_name)}: {len(plan.experiments)} experiments, {between(of.total)}{gpus}."


def _question(found: Examined, screen: TaskScreen) -> Question:
    lines = [_sums(found)]
    warnings = [one for one in screen.findings if one.severity is not Severity.NOTE]
    signs = {Severity.ERROR: "✗", Severity.WARNING: "!"}
    lines += [f"{signs[one.severity]} {plain(one.message, 200)}" for one in warnings[:MOST_WARNINGS]]
    if len(warnings) > MOST_WARNINGS:
        lines.append(f"and {len(warnings) - MOST_WARNINGS} more, beside the text")
    if screen.unsaved or screen.document.path is None:
        lines.append("The text is saved first.")
    return Question("Start the run", lines, "starts it", again=("f5", "ctrl+r"))
