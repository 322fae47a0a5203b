"""List the recorded runs, the newest last: how each stands, and its best score.

--json prints one document for scripts.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from autotuner_tui.cli.exits import OK
from autotuner_tui.cli.options import add_json

if TYPE_CHECKING:
    from autotuner_core.run.folder import RunFolder
    from autotuner_core.run.holders import Holder

SHOWN = 30


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("--all", action="store_true", help=f"all of them, not only the last {SHOWN}")
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_core.run.index import recorded_runs

    recorded = recorded_runs()
    if not arguments.all:
        recorded = recorded[-SHOWN:]
    rows = [row_of(run.folder, run.created) for run in recorded]
    if arguments.json:
        import json

        print(json.dumps({"runs": rows}, indent=2, allow_nan=False))
        return OK
    for line in _lines(rows):
        print(line)
    return OK


def row_of(folder: RunFolder, created: float) -> dict[str, Any]:
    """What is told of a run, as `--json` prints it. `created` is seconds since the epoch."""
    from autotuner_tui.cli.exits import UserError
    from autotuner_tui.cli.recorded import standing_of, state_of
    from autotuner_tui.headless.score_words import best_of

    row = {"run_id": folder.run_id, "task_name": folder.task_name, "created": created, "folder": str(folder.root)}
    try:
        state = state_of(folder)
    except UserError as error:
        return {**row, "state": "unreadable", "problem": error.message}
    standing, best = standing_of(state, folder), best_of(state)
    counts = state.counts()
    return {
        **row,
        "state": standing.word,
        "resumable": standing.resumable,
        **_where(standing.holder),
        "experiments": len(state.experiments),
        "measured": sum(experiment.scored is not None for experiment in state.experiments.values()),
        "failed": counts["failed"],
        "best_experiment": best.experiment if best else None,
        "best_score": best.score if best else None,
        "unit": best.unit if best else None,
    }


def _where(holder: Holder | None) -> dict[str, Any]:
    """The host of a run under way: where it can be steered, and whether that is here."""
    from autotuner_core.run.holders import is_here

    if holder is None:
        return {"host": None, "pid": None, "steerable": False}
    return {"host": holder.host, "pid": holder.pid, "steerable": is_here(holder)}


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    import time

    from autotuner_core.report.format import with_unit
    from autotuner_tui.cli.table import table_lines
    from autotuner_tui.headless.words import ago, plain

    if not rows:
        return ["no run was recorded here yet; `autotuner-tui demo` makes the first one"]
    head = ("run", "task", "begun", "state", "measured", "failed", "best")
    now = time.time()
    cells = [
        (
            row["run_id"],
            plain(row["task_name"], 40),
            ago(now - row["created"]),
            _state(row),
            f"{row['measured']}/{row['experiments']}" if "measured" in row else "",
            str(row.get("failed") or ""),
            with_unit(row["best_score"], row["unit"]) if row.get("best_score") is not None else "",
        )
        for row in rows
    ]
    lines = table_lines(head, cells, right=frozenset({"measured", "failed"}))
    for row in (row for row in rows if "problem" in row):
        lines.append(f"\nrun {row['run_id']} in {row['folder']}: {plain(row['problem'], 300)}")
    if any(row.get("resumable") for row in rows):
        lines.append("\n`autotuner-tui resume RUN` goes on with one that did not finish")
    if any(row.get("host") for row in rows):
        lines.append("\n`autotuner-tui attach RUN` shows one that is under way, and steers it on its own machine")
    return lines


def _state(row: dict[str, Any]) -> str:
    """`running (process 4711)`, with the machine where that is another one."""
    if not row.get("host"):
        return str(row["state"])
    place = "" if row["steerable"] else f" on {row['host']}"
    return f"{row['state']} (process {row['pid']}{place})"
