"""`autotuner-tui TASK`: show the task's plan, then start it. On a terminal one key starts it, elsewhere it starts."""

from __future__ import annotations

import sys
from argparse import Namespace

from autotuner_tui.cli.exits import OK, UserError


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    if arguments.task is None:
        raise UserError(
            "name a task file",
            cure="`autotuner-tui demo` tunes a small engine on this machine; `autotuner-tui --help` tells more",
        )
    from autotuner_tui.cli.commands import run as run_command

    if _attended(arguments) and not _confirmed(arguments):
        return OK
    return run_command.run(arguments)


def _attended(arguments: Namespace) -> bool:
    """Whether a person sits at both ends, and did not ask for a run without a screen."""
    if arguments.no_ui or arguments.json:
        return False
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _confirmed(arguments: Namespace) -> bool:
    """Show the plan and ask. Ctrl+C and Ctrl+D are a no."""
    from autotuner_core.plan.build import build_plan
    from autotuner_tui.cli.plan_text import plan_lines
    from autotuner_tui.cli.task_file import load_or_refuse

    loaded = load_or_refuse(arguments.task)
    for line in plan_lines(build_plan(loaded)):
        print(line, file=sys.stderr)
    print("\nEnter starts the run, q leaves: ", end="", file=sys.stderr, flush=True)
    try:
        return input().strip().lower() not in ("n", "no", "q", "quit")
    except EOFError:
        print(file=sys.stderr)
        return False
