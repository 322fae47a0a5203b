"""What a run will do, how long it takes and what it costs, without starting anything.

With --cluster, --kubeconfig or --context it reads the serving runtime: its arguments tell how many GPUs an engine needs
(GPU-hours), and --manifests shows each object as it is applied. The exit code is 2 where the task is refused, 3 where
the cluster cannot be reached, 0 otherwise.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from autotuner_tui.cli.exits import OK, USAGE
from autotuner_tui.cli.options import add_cluster_options, add_json

if TYPE_CHECKING:
    from autotuner_core.deploy.ome.manifest import Manifest
    from autotuner_core.plan.plan import Plan
    from autotuner_core.task.model import Task

    Runtime = Mapping[str, Any] | None


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command's own."""
    parser.add_argument("task", metavar="TASK", help="the task file, JSON or YAML; - reads it from stdin")
    parser.add_argument("--all", action="store_true", help="show every configuration")
    parser.add_argument("--manifests", action="store_true", help="show the objects that a run makes in the cluster")
    parser.add_argument("--cluster", action="store_true", help="read the serving runtime from the cluster")
    add_cluster_options(parser)
    add_json(parser, "print the plan as one JSON document")


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_tui.cli.cluster import check_files, names_cluster
    from autotuner_tui.cli.objects import manifest_lines
    from autotuner_tui.cli.plan_cluster import runtime_in_cluster, with_true_gpus
    from autotuner_tui.cli.task_file import load_or_refuse, planned

    loaded = load_or_refuse(arguments.task)
    check_files(arguments)
    plan, runtime = planned(loaded, arguments.direct, arguments.templates), None
    if names_cluster(arguments) and not plan.errors:
        runtime = runtime_in_cluster(arguments, loaded.task)
        plan = with_true_gpus(plan, loaded.task, runtime)
    if arguments.json:
        _print_json(loaded.task, plan, runtime, arguments)
    elif arguments.manifests and not plan.errors:
        for line in manifest_lines(plan, _manifests(loaded.task, plan, runtime, arguments, arguments.all)):
            print(line)
    else:
        from autotuner_tui.cli.findings import finding_lines
        from autotuner_tui.cli.plan_text import plan_lines

        findings = finding_lines(plan.findings, arguments.task)
        for line in [*plan_lines(plan, loaded.task.task_name, everything=arguments.all), "", *findings]:
            print(line)
    return USAGE if plan.errors else OK


def _print_json(task: Task, plan: Plan, runtime: Runtime, arguments: Namespace) -> None:
    import json

    document = {"task_name": task.task_name, **plan.to_json()}
    if arguments.manifests and not plan.errors:
        from autotuner_core.deploy.ome.redaction import without_secrets

        shown = _manifests(task, plan, runtime, arguments, True)
        document["manifests"] = [without_secrets(manifest.body) for manifest in shown]
    print(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False))


def _manifests(task: Task, plan: Plan, runtime: Runtime, arguments: Namespace, everything: bool) -> Iterator[Manifest]:
    from autotuner_tui.cli.objects import manifests

    return manifests(
        plan,
        task,
        templates=arguments.templates,
        namespace=arguments.namespace,
        runtime=runtime,
        everything=everything,
    )
