"""What a run will do, how long it takes and what it costs, without starting anything.

The exit code is 2 where the task is refused, 0 otherwise.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import OK, USAGE
from autotuner_tui.cli.options import add_cluster_options, add_json

if TYPE_CHECKING:
    from autotuner_core.plan.plan import Plan
    from autotuner_core.task.model import Task


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command's own."""
    parser.add_argument("task", metavar="TASK", help="the task file, JSON or YAML; - reads it from stdin")
    parser.add_argument("--all", action="store_true", help="show every configuration")
    parser.add_argument("--manifests", action="store_true", help="show the objects that a run makes in the cluster")
    add_cluster_options(parser)
    add_json(parser, "print the plan as one JSON document")


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_tui.cli.task_file import load_or_refuse, planned

    loaded = load_or_refuse(arguments.task)
    plan = planned(loaded, arguments.direct, arguments.templates)
    if arguments.json:
        _print_json(loaded.task, plan, arguments)
    elif arguments.manifests and not plan.errors:
        _print_manifests(loaded.task, plan, arguments)
    else:
        from autotuner_tui.cli.findings import finding_lines
        from autotuner_tui.cli.plan_text import plan_lines

        findings = finding_lines(plan.findings, arguments.task)
        for line in [*plan_lines(plan, loaded.task.task_name, everything=arguments.all), "", *findings]:
            print(line)
    return USAGE if plan.errors else OK


def _print_json(task: Task, plan: Plan, arguments: Namespace) -> None:
    import json

    document = {"task_name": task.task_name, **plan.to_json()}
    if arguments.manifests and not plan.errors:
        from autotuner_core.deploy.ome.redaction import without_secrets
        from autotuner_tui.cli.objects import manifests

        shown = manifests(plan, task, templates=arguments.templates, namespace=arguments.namespace, everything=True)
        document["manifests"] = [without_secrets(manifest.body) for manifest in shown]
    print(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False))


def _print_manifests(task: Task, plan: Plan, arguments: Namespace) -> None:
    from autotuner_tui.cli.objects import manifest_lines, manifests

    shown = manifests(
        plan, task, templates=arguments.templates, namespace=arguments.namespace, everything=arguments.all
    )
    for line in manifest_lines(plan, shown):
        print(line)
