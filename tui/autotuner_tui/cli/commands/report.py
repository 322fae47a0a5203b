"""The ranking and the winner of a run, as far as it is.

RUN is a run id, an unambiguous start of one, a run's folder, or nothing for the newest. --json prints the results
document, made anew from the run's record.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import OK, UserError
from autotuner_tui.cli.options import add_json

if TYPE_CHECKING:
    from autotuner_core.run.run_state import RunState


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("which", metavar="RUN", nargs="?", help="which run (default: the newest)")
    add_json(parser, "print the results document")


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_tui.cli.recorded import folder_of, state_and_warnings

    folder = folder_of(arguments)
    state, warnings = state_and_warnings(folder)
    for warning in warnings:
        print(f"autotuner-tui: warning: {warning}", file=sys.stderr)
    try:
        _print(state, as_json=arguments.json)
    except ValueError as error:  # an objective, or a metric, of a newer version
        cure = "a newer version of autotuner-tui may have made the run: report it by that one"
        raise UserError(f"the results of run {folder.run_id} cannot be told: {error}", cure=cure) from error
    if not arguments.json:
        print(f"\nrecord: {folder.root}")
    return OK


def _print(state: RunState, *, as_json: bool) -> None:
    if as_json:
        import json

        from autotuner_core.report.results import results_document

        print(json.dumps(results_document(state), indent=2, allow_nan=False, ensure_ascii=False))
    else:
        import shutil

        from autotuner_core.report.summary import summary_text

        print(summary_text(state, shutil.get_terminal_size(fallback=(120, 24)).columns).rstrip("\n"))
