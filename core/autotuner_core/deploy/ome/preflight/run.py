"""All checks of a cluster before a run."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.deploy.ome.preflight.access import rights
from autotuner_core.deploy.ome.preflight.controller import controller
from autotuner_core.deploy.ome.preflight.dry_run import dry_run
from autotuner_core.deploy.ome.preflight.limits import limit_ranges
from autotuner_core.deploy.ome.preflight.load import load
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.deploy.ome.preflight.model import model, runtime
from autotuner_core.deploy.ome.preflight.place import definitions, namespace
from autotuner_core.deploy.ome.preflight.priority import priority
from autotuner_core.deploy.ome.preflight.queue import queue
from autotuner_core.deploy.ome.preflight.quotas import quotas
from autotuner_core.deploy.ome.preflight.room import room
from autotuner_core.failures import PreflightError
from autotuner_core.findings import Finding, Severity
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kubectl import find_kubectl
from autotuner_core.plan.plan import Plan
from autotuner_core.task.problem import Problem, findings_of, note

if TYPE_CHECKING:
    from autotuner_core.task.model import Task
    from autotuner_core.task.place import Marks

Check = Callable[[Look], Iterable[Problem]]


def kubectl(look: Look) -> Iterator[Problem]:
    """A load from this machine goes through kubectl's port-forward, unless this is a pod of the cluster itself."""
    if not look.direct or not look.client.kubeconfig_files:
        return
    try:
        find_kubectl()
    except PreflightError as error:
        severity = Severity.WARNING if _sees_cluster_names() else Severity.ERROR
        yield Problem((), error.message, error.cure, severity, "no_kubectl")


def _sees_cluster_names() -> bool:
    """Whether the cluster's own names are known here: then services are most likely reached without kubectl."""
    try:
        return bool(socket.getaddrinfo("kubernetes.default.svc.cluster.local", 443))
    except OSError:
        return False


# With each what is not known where it may not be asked.
_CHECKS: tuple[tuple[Check, str], ...] = (
    (rights, "which rights there are"),
    (namespace, "whether the namespace exists"),
    (definitions, "whether OME here has all that is used"),
    (controller, "whether OME's controller runs, and which release of it"),
    (model, "whether the model exists"),
    (runtime, "whether the runtime exists, and fits the model"),
    (room, "whether a node has room for the engines"),
    (quotas, "whether a quota is in the way"),
    (limit_ranges, "whether a limit range is in the way"),
    (priority, "whether the priority class exists"),
    (queue, "whether the queue exists"),
    (load, "whether results can be written"),
    (dry_run, "whether the cluster takes the first object"),
    (kubectl, ""),
)

_NO_OME = frozenset({"no_ome"})
# What says the same again, or says nothing, once these errors were found.
_AFTER: dict[Check, frozenset[str]] = {
    controller: _NO_OME,
    model: _NO_OME,
    runtime: _NO_OME,
    load: _NO_OME,
    dry_run: _NO_OME
    | {
        "namespace", "unknown_field", "manifest", "model_unknown", "model_disabled", "runtime_unknown",
        "runtime_disabled",
    },
}  # fmt: skip


def preflight(
    client: KubeClient,
    task: Task,
    plan: Plan,
    *,
    namespace: str,
    direct: bool,
    templates: Path | None = None,
    marks: Marks | None = None,
    so_far: Callable[[list[Finding]], None] = lambda findings: None,
) -> list[Finding]:
    """Everything that the cluster has against a run of this task. Nothing is made in it.

    What may not be asked is a note of what is not known. Where the cluster does not answer at all, or not to this user,
    that is the only finding; where it ceases to, the last. `marks` tells the lines of the task file; `so_far` is called
    with what is known after each check. Errors of the plan are not repeated here.
    """
    look = Look(client, task, plan, namespace, direct, templates)
    try:
        version = client.first_answer()
    except KubeError as error:
        return findings_of([_not_reached(client, error)], None)
    problems = [
        note((), f"{client.context} at {client.server}: Kubernetes {version.get('gitVersion', '?')}", code="cluster")
    ]
    for check, unknown in _CHECKS:
        errors = {problem.code for problem in problems if problem.severity is Severity.ERROR}
        if errors & _AFTER.get(check, frozenset()):
            continue
        try:
            problems.extend(_checked(look, check, unknown))
        except KubeError as error:  # nor would it answer what is left
            problems.append(_not_reached(client, error))
            break
        so_far(_as_findings(problems, marks))
    return _as_findings(problems, marks)


def _as_findings(problems: Sequence[Problem], marks: Marks | None) -> list[Finding]:
    # Of the cluster as a whole: these have no place in the file.
    whole = [problem for problem in problems if not problem.place]
    return [*findings_of(whole, None), *findings_of([one for one in problems if one.place], marks)]


def _checked(look: Look, check: Check, unknown: str) -> Iterator[Problem]:
    """What a check finds, up to what may not be asked. Raises KubeError where the cluster does not answer."""
    try:
        yield from check(look)
    except KubeError as error:
        if error.status not in (403, 404):
            raise
        yield note((), f"not known: {unknown} ({error.message})", code="not_known")
    except PreflightError as error:
        yield Problem((), error.message, error.cure, code="manifest")


def _not_reached(client: KubeClient, error: KubeError) -> Problem:
    failure = as_failure(error, f"ask the cluster ({client.context} at {client.server})")
    return Problem((), failure.message, failure.cure, code=failure.cause.value)
