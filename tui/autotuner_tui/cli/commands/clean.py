"""Find and remove what killed runs left behind on this machine.

That is: processes whose host is gone, locks of dead processes, dead control sockets, half-written files, and folders of
runs that never began. RUN is a run id, an unambiguous start of one, or a run's folder; without it all runs are looked
at. What belongs to a run that is under way is never touched. Objects in a cluster are not looked for yet.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import NO_WINNER, OK, UserError
from autotuner_tui.cli.options import add_json

if TYPE_CHECKING:
    from autotuner_core.engine.leftovers import Leftover


_KINDS = {
    "process": "an engine or load generator whose host is gone: nobody waits for it, and it may hold GPUs and memory",
    "lock": "its process is dead: nobody holds it any more",
    "socket": "nobody listens on it any more",
    "file": "half-written when its run died; the whole one, if there is any, lies beside it",
    "folder": "of a run that never began: nothing was measured in it",
}
"""What each kind of thing is, and why it is safe to remove it."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("which", metavar="RUN", nargs="?", help="only what this run left (default: any run)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="only say what is there")
    how.add_argument("--yes", action="store_true", help="remove without asking")
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code: 1 where something could not be removed."""
    found = _find(arguments)
    removes = bool(found) and not arguments.dry_run
    if removes and not arguments.yes:
        _ask(found, arguments)
    outcomes = [_removed(leftover) if removes else "there" for leftover in found]
    _tell(found, outcomes, arguments)
    return NO_WINNER if any(outcome not in ("there", "removed") for outcome in outcomes) else OK


def _find(arguments: Namespace) -> list[Leftover]:
    from autotuner_core.engine.leftovers import find_leftovers
    from autotuner_core.run.folder import RunFolder
    from autotuner_core.run.index import recorded_runs
    from autotuner_tui.cli.recorded import folder_of

    only = folder_of(arguments) if arguments.which else None
    runs = {run.folder for run in recorded_runs()}
    results = {run.results_dir for run in runs} | {Path(arguments.results_dir).absolute()}
    for folder in results:
        runs |= {RunFolder(path.parent) for path in folder.glob("*/*/journal.jsonl")}
    return find_leftovers(sorted(runs, key=lambda run: run.root), sorted(results), only)


def _ask(found: list[Leftover], arguments: Namespace) -> None:
    """Raises UserError where nobody agrees that it is removed."""
    if arguments.json or not sys.stdin.isatty():
        raise UserError(
            f"{len(found)} things are left behind, and nobody is there to ask",
            cure="--dry-run lists them, --yes removes them",
        )
    _tell(found, ["there"] * len(found), arguments)
    print("Remove them? [y/N] ", end="", flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError("nothing was removed", code=OK)


def _removed(leftover: Leftover) -> str:
    try:
        leftover.remove()
    except OSError as error:
        return f"cannot be removed: {error}"
    return "removed"


def _tell(found: list[Leftover], outcomes: list[str], arguments: Namespace) -> None:
    from autotuner_tui.cli.table import table_lines
    from autotuner_tui.headless.words import ago, plain

    if arguments.json:
        import json

        rows = [
            {"kind": left.kind, "name": left.name, "run_id": left.run_id, "since": left.since, "outcome": outcome}
            for left, outcome in zip(found, outcomes, strict=True)
        ]
        print(json.dumps({"leftovers": rows}, indent=2))
        return
    if not found:
        print("nothing is left behind: no process, lock, socket, half-written file or empty run folder")
        return
    print("left by runs that have ended or died; of a run that is under way nothing is among it")
    for kind in dict.fromkeys(left.kind for left in found):
        print(f"  {kind}: {_KINDS[kind]}")
    now = time.time()
    cells = [
        (left.kind, left.run_id, ago(now - left.since) if left.since else "", plain(left.name, 1000), outcome)
        for left, outcome in zip(found, outcomes, strict=True)
    ]
    for line in table_lines(("what", "run", "since", "name", "outcome"), cells):
        print(line)
