"""Print the JSON Schema of the task file, or with --events of the objects that `--json` writes.

An editor completes and checks a task file that begins with {"$schema": "./task.schema.json", ...} after
`autotuner-tui schema > task.schema.json`.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from autotuner_tui.cli.exits import OK


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("--events", action="store_true", help="the schema of one event (a line of `--json` output)")


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    if arguments.events:
        from autotuner_tui.headless.event_schema import event_schema

        print(json.dumps(event_schema(), indent=2))
    else:
        from autotuner_core.task.schema import task_schema

        print(json.dumps(task_schema(), indent=2, ensure_ascii=False))
    return OK
