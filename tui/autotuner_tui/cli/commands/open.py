"""`autotuner-tui TASK`: show the task's plan, then start it. On a terminal one key starts it, elsewhere it starts."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import OK, UserError

if TYPE_CHECKING:
    from autotuner_core.plan.plan import Plan


_YES, _NO = ("", "y", "yes"), ("q", "quit", "n", "no")


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    if arguments.task is None:
        raise UserError(
            "name a task file",
            cure="`autotuner-tui demo` tunes a small engine on this machine; `autotuner-tui --help` tells more",
        )
    from autotuner_tui.cli.cluster import check_cluster_words
    from autotuner_tui.cli.start import plan_to_run, start
    from autotuner_tui.cli.task_file import load_or_refuse

    loaded = load_or_refuse(arguments.task, may_be_command=True)
    check_cluster_words(arguments, loaded.task)
    plan = plan_to_run(loaded, arguments, arguments.task)
    if _attended(arguments) and not _confirmed(plan, loaded.task.task_name):
        return OK
    return start(loaded, plan, arguments)


def _attended(arguments: Namespace) -> bool:
    """Whether a person sits at both ends, and did not ask for a run without a screen."""
    if arguments.no_ui or arguments.json:
        return False
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _confirmed(plan: Plan, task_name: str) -> bool:
    """Show the plan, and ask until the answer is one: a slip of the finger neither starts nor leaves."""
    from autotuner_tui.cli.plan_text import plan_lines

    lines = plan_lines(plan, task_name)
    for line in lines:
        print(line, file=sys.stderr)
    print(f"\n{lines[0]}", file=sys.stderr)  # of a long plan the beginning has scrolled away
    answer = None
    while answer not in (*_YES, *_NO):
        print("Enter starts the run, q leaves: ", end="", file=sys.stderr, flush=True)
        try:
            answer = input().strip().lower()
        except EOFError:
            print(file=sys.stderr)
            answer = "q"
    if answer in _NO:
        print("not started", file=sys.stderr)
    return answer in _YES
