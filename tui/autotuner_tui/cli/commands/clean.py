"""Find and remove what killed runs left behind, on this machine and in clusters.

On this machine: processes whose host is gone, locks of dead processes, dead control sockets, half-written files, and
folders of runs that never began. In a cluster: the objects of runs, found by their labels, also of runs of other
machines. It is looked into where an option below names it, or where a run recorded here used it. RUN is a run id, an
unambiguous start of one, or a run's folder; without it all runs are looked at. What this tool did not make is never
touched, nor what belongs to a run that is alive. The exit code is 1 where something could not be removed, 3 where a
cluster that was named cannot be reached.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import CLUSTER_UNREACHABLE, NO_WINNER, OK, UserError
from autotuner_tui.cli.options import add_access_options, add_json

if TYPE_CHECKING:
    from autotuner_core.engine.leftovers import Leftover
    from autotuner_tui.cli.clean_cluster import InClusters


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("which", metavar="RUN", nargs="?", help="only what this run left (default: any run)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="only say what is there")
    how.add_argument("--yes", action="store_true", help="remove without asking")
    cluster = parser.add_argument_group("cluster options")
    cluster.add_argument("--cluster", action="store_true", help="look into the cluster of the usual kubeconfig")
    add_access_options(cluster, "look into this namespace only (default: all that may be listed)")
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_tui.headless.outlet import Outlet

    found, clusters = _find(arguments)
    err = Outlet(sys.stderr)
    for note in clusters.notes:
        err.line(note)
    for unreached in clusters.unreached:
        err.line(f"warning: {unreached}")
    left = [leftover for leftover in found if not leftover.kept]
    removes = bool(left) and not arguments.dry_run
    if removes and not arguments.yes:
        _ask(found, len(left), arguments)
    outcomes = [_removed(leftover) if removes and not leftover.kept else _stays(leftover) for leftover in found]
    _tell(found, outcomes, clusters, arguments)
    if any(outcome not in ("there", "removed", _LEFT_ALONE) for outcome in outcomes):
        return NO_WINNER
    from autotuner_tui.cli.cluster import cluster_is_asked

    return CLUSTER_UNREACHABLE if clusters.unreached and cluster_is_asked(arguments) else OK


_LEFT_ALONE = "left alone"


def _stays(leftover: Leftover) -> str:
    return _LEFT_ALONE if leftover.kept else "there"


def _find(arguments: Namespace) -> tuple[list[Leftover], InClusters]:
    from autotuner_core.engine.leftovers import find_leftovers
    from autotuner_core.run.folder import RunFolder
    from autotuner_core.run.index import recorded_runs
    from autotuner_tui.cli.clean_cluster import find_in_clusters, is_foreign_run
    from autotuner_tui.cli.recorded import folder_of

    try:
        only = folder_of(arguments) if arguments.which else None
    except UserError:
        if not is_foreign_run(arguments):
            raise
        only = None
    run_id = only.run_id if only is not None else arguments.which
    known = {run.folder for run in recorded_runs()}
    results = {run.results_dir for run in known} | {Path(arguments.results_dir).absolute()}
    for folder in results:
        known |= {RunFolder(path.parent) for path in folder.glob("*/*/journal.jsonl")}
    runs = sorted(known, key=lambda run: run.root)
    here = find_leftovers(runs, sorted(results), only) if only is not None or run_id is None else []
    clusters = find_in_clusters(arguments, runs, only, run_id)
    return [*here, *clusters.found], clusters


def _ask(found: list[Leftover], count: int, arguments: Namespace) -> None:
    """Raises UserError where nobody agrees that it is removed."""
    from autotuner_tui.cli.leftover_text import show

    if not arguments.json:
        show(found, [_stays(leftover) for leftover in found])
    if arguments.json or not sys.stdin.isatty():
        raise UserError(
            f"{count} things are left behind, and nobody is there to ask",
            cure="--yes removes them, --dry-run only lists them",
        )
    print(f"Remove {count}? [y/N] ", end="", flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError("nothing was removed", code=OK)


def _removed(leftover: Leftover) -> str:
    try:
        leftover.remove()
    except OSError as error:
        return f"cannot be removed: {error}"
    return "removed"


def _tell(found: list[Leftover], outcomes: list[str], clusters: InClusters, arguments: Namespace) -> None:
    from autotuner_tui.cli.leftover_text import rows, show

    if arguments.json:
        import json

        print(json.dumps({"leftovers": rows(found, outcomes), "unreached": clusters.unreached}, indent=2))
        return
    if not found:
        print("nothing is left behind: no process, lock, socket, half-written file or empty run folder")
        if clusters.notes:
            print("and in the cluster no object of a run")
        return
    show(found, outcomes)
