"""Say everything that is wrong with a task, without starting anything.

Each finding has its place in the file, with line and column, what is wrong and what would be right. With --cluster,
--kubeconfig or --context also what is in the way in the cluster: rights, OME, model and runtime, room on the nodes,
quotas. The exit code is 3 where the cluster could not be asked, 2 where there is another error, 0 otherwise.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autotuner_tui.cli.cluster import NO_ACCESS
from autotuner_tui.cli.exits import CLUSTER_UNREACHABLE, OK, USAGE
from autotuner_tui.cli.options import add_cluster_options, add_json

if TYPE_CHECKING:
    from autotuner_core.findings import Finding


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("task", metavar="TASK", help="the task file, JSON or YAML; - reads it from stdin")
    parser.add_argument("--cluster", action="store_true", help="also ask the cluster what is in the way there")
    add_cluster_options(parser)
    add_json(parser, "print the findings as one JSON document")


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_core.findings import Severity

    findings = _findings(arguments)
    valid = not any(finding.severity is Severity.ERROR for finding in findings)
    if arguments.json:
        import json

        document = {"task": arguments.task, "valid": valid, "findings": [finding.to_json() for finding in findings]}
        print(json.dumps(document, indent=2))
    else:
        from autotuner_tui.cli.findings import count_line, finding_lines

        for line in finding_lines(findings, arguments.task):
            print(line)
        print(f"{arguments.task}: {'valid' if valid else 'refused'} ({count_line(findings)})")
    return OK if valid else CLUSTER_UNREACHABLE if _no_access(findings) else USAGE


def _no_access(findings: Sequence[Finding]) -> bool:
    """Whether the cluster did not answer, or not this user."""
    from autotuner_core.run.run_state import ACCESS_CAUSES

    return any(finding.code in (*ACCESS_CAUSES, NO_ACCESS) for finding in findings)


def _findings(arguments: Namespace) -> list[Finding]:
    """Of the file, and (where it holds a task) of the plan that it makes."""
    from autotuner_core.task.errors import TaskError
    from autotuner_tui.cli.cluster import check_files, cluster_findings, names_cluster
    from autotuner_tui.cli.task_file import load, planned

    check_files(arguments)

    try:
        loaded = load(arguments.task)
    except TaskError as error:
        return [*error.findings, *error.remarks]
    plan = planned(loaded, arguments.direct, arguments.templates)
    if not names_cluster(arguments):
        return list(plan.findings)
    return [*plan.findings, *cluster_findings(arguments, loaded, plan)]
