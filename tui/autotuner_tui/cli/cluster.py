"""What the command line says of the cluster: held against the task before anything starts."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import UserError

if TYPE_CHECKING:
    from autotuner_core.engine.placement import Placement
    from autotuner_core.findings import Finding
    from autotuner_core.plan.plan import Plan
    from autotuner_core.task.load import LoadedTask
    from autotuner_core.task.model import Task

NO_ACCESS = "no_access"
"""The code of the finding that there is no way to a cluster at all."""
_PATIENCE = 5.0  # seconds for which a cluster that does not answer is asked again


def check_cluster_words(arguments: Namespace, task: Task) -> None:
    """Say on stderr which of them have no effect on this task. Raises UserError for a kubeconfig that is not there."""
    from autotuner_tui.headless.outlet import Outlet

    named = kubeconfig_of(arguments)
    given = {
        f"the kubeconfig {named}": named,
        "--context": arguments.context,
        "--namespace": arguments.namespace,
        "--templates": arguments.templates,
        "--direct": arguments.direct,
    }
    words = [word for word, value in given.items() if value]
    check_files(arguments)
    if words and task.backend == "local":
        verb = "has" if len(words) == 1 else "have"
        Outlet(sys.stderr).line(f"warning: {', '.join(words)} {verb} no effect: the task's backend is local")


def check_kubeconfig(arguments: Namespace) -> None:
    """Raises UserError for a kubeconfig that is not there."""
    named = kubeconfig_of(arguments)
    if named is not None and not Path(named).expanduser().is_file():
        raise UserError(f"there is no kubeconfig file {named}", cure="Correct it, or leave it out.")


def check_files(arguments: Namespace) -> None:
    """Raises UserError for a kubeconfig or a folder of templates that is not there."""
    check_kubeconfig(arguments)
    templates = arguments.templates
    if templates is not None and not Path(templates).expanduser().is_dir():
        raise UserError(f"there is no folder {templates} with templates", cure="Correct it, or leave it out.")


def kubeconfig_of(arguments: Namespace) -> str | None:
    """The kubeconfig that was named: as an option, or as the second word of the architecture document's call."""
    named: str | None = getattr(arguments, "kubeconfig_file", None) or getattr(arguments, "kubeconfig", None)
    return named


def cluster_is_asked(arguments: Namespace) -> bool:
    """Whether the command line means a cluster: by `--cluster`, or by naming the way to one."""
    words = (getattr(arguments, "cluster", False), kubeconfig_of(arguments), arguments.context, arguments.namespace)
    return any(words)


def no_cluster_to_ask() -> UserError:
    """Of a task that is for no cluster."""
    cure = "Leave --cluster, --kubeconfig and --context out."
    return UserError("the task's backend is local: there is no cluster to ask", cure=cure)


def names_cluster(arguments: Namespace) -> bool:
    """The same for commands about a task, where a namespace alone only says where its objects go."""
    return bool(arguments.cluster or kubeconfig_of(arguments) or arguments.context)


def placement_of(arguments: Namespace) -> Placement:
    """How the run is to reach its servers and to load them, as the command line says it."""
    from autotuner_core.engine.placement import Placement

    kubeconfig, templates = kubeconfig_of(arguments), getattr(arguments, "templates", None)
    return Placement(
        direct=getattr(arguments, "direct", False),
        kubeconfig=str(Path(kubeconfig).expanduser().absolute()) if kubeconfig else None,
        context=getattr(arguments, "context", None),
        namespace=getattr(arguments, "namespace", None),
        templates=str(Path(templates).expanduser().absolute()) if templates else None,
    )


def cluster_findings(
    arguments: Namespace,
    loaded: LoadedTask,
    plan: Plan,
    so_far: Callable[[list[Finding]], None] = lambda findings: None,
) -> list[Finding]:
    """What the cluster has against a run of the plan; that it cannot be asked is a finding too. `so_far` is called with
    what is known after each check. Raises UserError for a task that is for no cluster."""
    from autotuner_core.failures import PreflightError
    from autotuner_core.findings import Finding, Severity

    check_files(arguments)
    task = loaded.task
    if task.backend != "ome":
        raise no_cluster_to_ask()
    if plan.errors:
        message = "the cluster was not asked: the task must be right first"
        return [Finding(Severity.NOTE, message, code="not_asked")]
    from autotuner_core.deploy.ome.preflight import preflight
    from autotuner_core.engine.placement import connected

    try:
        client, placement = connected(placement_of(arguments))
    except PreflightError as error:
        return [Finding(Severity.ERROR, error.message, cure=error.cure, code=NO_ACCESS)]
    return preflight(
        client.patient(seconds=_PATIENCE),
        task,
        plan,
        namespace=placement.namespace_of(task),
        direct=placement.direct,
        templates=Path(placement.templates) if placement.templates else None,
        marks=loaded.marks,
        so_far=so_far,
    )
