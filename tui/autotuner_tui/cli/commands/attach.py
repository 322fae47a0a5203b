"""Look at a run, under way or ended, from any terminal; leave it again without a trace.

RUN is a run id, an unambiguous start of one, a run's folder, or nothing for the newest. Keys steer it (? shows them),
also where it was begun with --no-ui. Ctrl+C leaves the view, the run goes on. Where there is no terminal, progress
comes as lines. The exit code is the run's where it has ended, 0 where you left.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from autotuner_tui.cli.options import add_json, add_screen_options

if TYPE_CHECKING:
    from autotuner_core.run.folder import RunFolder


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("which", metavar="RUN", nargs="?", help="which run (default: the newest)")
    parser.add_argument("--watch", action="store_true", help="only look: no key steers the run")
    parser.add_argument("--strict", action="store_true", help="exit code 1 where any experiment failed")
    add_screen_options(parser)
    add_json(parser, "one JSON object per event on stdout, from the run's first")


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_tui.cli import screen

    if screen.has_screen() and not arguments.json:
        return screen.show(lambda app: app.open_run(_run_of(arguments), watch=arguments.watch), arguments)
    folder = _run_of(arguments)
    from autotuner_tui.live.view import LinesOfRun, ViewManner

    manner = ViewManner(as_json=arguments.json, strict=arguments.strict)
    return LinesOfRun(folder, manner).run()


def _run_of(arguments: Namespace) -> RunFolder:
    """The run that is meant. Raises UserError, also where its record is none."""
    from autotuner_tui.cli.recorded import first_event_is_there, folder_of

    folder = folder_of(arguments)
    first_event_is_there(folder)
    return folder
