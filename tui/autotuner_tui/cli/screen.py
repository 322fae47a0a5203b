"""From the command line to the screen and back: what is said once the screen has gone, and the exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import OK, UserError

if TYPE_CHECKING:
    from argparse import Namespace

    from textual.screen import Screen

    from autotuner_core.engine.host import Host
    from autotuner_tui.app import AutotunerApp
    from autotuner_tui.headless.outlet import Outlet
    from autotuner_tui.live.why import Leaving
    from autotuner_tui.open_run import OpenRun

TICK_SECONDS = 0.25


def has_screen(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a terminal on which a screen can be drawn and keys be read."""
    streams = (sys.stdin, sys.stderr)
    able = environment.get("TERM", "dumb") not in ("dumb", "")
    return able and not environment.get("CI") and all(stream is not None and stream.isatty() for stream in streams)


def refuse_without_screen(what: str, instead: str) -> None:
    """Raises UserError where no screen can be drawn."""
    if not has_screen():
        dumb = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
        why = "this terminal cannot move its cursor (TERM=dumb)" if dumb else "this is no terminal"
        why = "CI is set, and no person sits here" if os.environ.get("CI") and dumb else why
        raise UserError(f"{what} wants a screen, and {why}", cure=instead)


def show(first: Callable[[AutotunerApp], Screen[object]], arguments: Namespace, host: Host | None = None) -> int:
    """Run the terminal program from its first screen on; then say what became of the runs that were open in it.
    `host` is a run in this very process. Gives the exit code."""
    gc.disable()  # while the program is read there is nothing to collect; the app enables it
    from autotuner_tui.app import AutotunerApp
    from autotuner_tui.live.why import Leaving
    from autotuner_tui.settings import load_settings
    from autotuner_tui.terminal.driver import LeanDriver
    from autotuner_tui.themes import known_theme

    theme = known_theme(getattr(arguments, "theme", None))
    settings = load_settings(theme, mouse=not getattr(arguments, "no_mouse", False))
    app = AutotunerApp(first, settings, LeanDriver)
    if host is not None:
        return _in_process(app, host, arguments)
    with app.signals:
        why = app.run(mouse=settings.mouse) or Leaving.DETACHED
        if isinstance(app.fault, UserError):
            raise app.fault
        return _farewell(app, why, arguments)


def _farewell(app: AutotunerApp, why: Leaving, arguments: Namespace) -> int:
    """The last run that was open has the last words and the exit code."""
    from autotuner_tui.headless.outlet import Outlet
    from autotuner_tui.live.leaving import Farewell
    from autotuner_tui.live.parting import detached_lines
    from autotuner_tui.live.why import CODES, Leaving

    err, out = Outlet(sys.stderr), Outlet(sys.stdout)
    _tell_of_the_unseen(app, err)
    if not app.runs:
        return _without_runs(app, CODES.get(why, OK))
    *others, last = app.runs
    for run in filter(_goes_on, others):
        for line in detached_lines(run.folder, run.look.holder(fresh=True), run.look.here()):
            err.line(line)
    if why is Leaving.DETACHED and last.state.end is not None:
        why = Leaving.OVER
    strict = getattr(arguments, "strict", False)
    return Farewell(last.folder, last.look, last.state, err, out, strict, last.interrupts).say(why, app.fault)


def _tell_of_the_unseen(app: AutotunerApp, err: Outlet) -> None:
    """Runs that were begun and came too late to be shown: their hosts go on all the same."""
    from autotuner_tui.live.host_look import HostLook
    from autotuner_tui.live.parting import detached_lines

    seen = {run.folder for run in app.runs}
    for beginning in app.beginnings:
        if beginning.under_way:
            err.line("a run is being started: waiting for it")
        begun = beginning.outcome()
        if begun is None and beginning.under_way:
            err.line("the run may still begin: `autotuner-tui runs` lists it then")
        elif begun is not None and begun.folder not in seen:
            look = HostLook(begun.folder, begun.process)
            for line in detached_lines(begun.folder, look.holder(fresh=True), look.here()):
                err.line(line)


def _without_runs(app: AutotunerApp, code: int) -> int:
    from autotuner_tui.cli.crash import report_crash

    return report_crash(app.fault) if app.fault is not None else code


def _goes_on(run: OpenRun) -> bool:
    return run.state.end is None and run.look.holder(fresh=True) is not None


def _in_process(app: AutotunerApp, host: Host, arguments: Namespace) -> int:
    """The run's host and its screen in one process: whoever leaves the screen waits for the run's clean end."""
    from autotuner_core.control import Interruption
    from autotuner_core.report.outcome import exit_code
    from autotuner_core.run.journal import read_journal
    from autotuner_core.run.run_state import RunState
    from autotuner_tui.cli.crash import save_traceback
    from autotuner_tui.headless.final import tell_end
    from autotuner_tui.headless.outlet import Outlet
    from autotuner_tui.host.stop_by_signal import StopBySignal
    from autotuner_tui.live.why import Leaving

    err, out = Outlet(sys.stderr), Outlet(sys.stdout)
    with StopBySignal(app.leave_at_the_end, err, host, lambda: app.leave(Leaving.HUNG_UP)).watch():
        try:
            host.start()
            why = app.run(mouse=app.settings.mouse)
            if app.fault is not None:
                err.line(f"the screen failed ({app.fault}); the run goes on: {save_traceback(app.fault)}")
            elif why not in (Leaving.OVER, Leaving.HUNG_UP) and not host.wait(0):
                err.line("nothing new starts; cleaning up and saving (Ctrl+C to leave at once)")
                host.stop(Interruption.STOP, signal=int(signal.SIGTERM))
            while not host.wait(TICK_SECONDS):
                pass
        finally:
            host.close()
    state = RunState.of(read_journal(host.folder.journal))
    tell_end(state, None, host.folder, err, out)
    return exit_code(state, getattr(arguments, "strict", False))
