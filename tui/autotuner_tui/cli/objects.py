"""What a task for a cluster becomes there, shown and checked before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_tui.cli.exits import UserError

if TYPE_CHECKING:
    from autotuner_core.deploy.ome.manifest import Manifest
    from autotuner_core.findings import Finding
    from autotuner_core.plan.plan import Plan, PlannedExperiment
    from autotuner_core.task.model import Task

SHOWN = 20
RUN_ID = "xxxx"
"""Stands for the id of a run that there is not yet."""
_TRIED = 50


def with_object_findings(plan: Plan, task: Task, templates: str | None) -> Plan:
    """The plan, and what is in the way of making its objects. Each value of each parameter is tried with templates of
    the user's own (up to _TRIED experiments), one experiment with the program's."""
    if task.backend != "ome" or plan.errors:
        return plan
    folder = _folder(templates)
    tried = _covering(plan) if folder is not None else plan.experiments[:1]
    found: dict[str, Finding] = {}
    for experiment in tried:
        finding = _fault(task, experiment, folder)
        if finding is not None:
            found.setdefault(finding.message, finding)
    return replace(plan, findings=(*plan.findings, *found.values()))


def manifests(
    plan: Plan,
    task: Task,
    *,
    templates: str | None = None,
    namespace: str | None = None,
    runtime: Mapping[str, Any] | None = None,
    everything: bool = False,
) -> Iterator[Manifest]:
    """The objects of the plan's experiments in their order: the first SHOWN, or with `everything` all. `runtime` is the
    serving runtime as the cluster has it. Raises UserError for a task that makes none, or a template that cannot."""
    from autotuner_core.failures import PreflightError

    if task.backend != "ome":
        raise UserError("a task with backend local makes no objects in a cluster", cure="leave --manifests out")
    for experiment in plan.experiments if everything else plan.experiments[:SHOWN]:
        try:
            yield _rendered(task, experiment, _folder(templates), namespace, runtime)
        except PreflightError as error:
            raise UserError(error.message, cure=error.cure) from error


def manifest_lines(plan: Plan, shown: Iterator[Manifest]) -> Iterator[str]:
    """The objects as a stream of YAML documents, as `kubectl apply -f -` reads it."""
    yield f"# {RUN_ID} stands for the run's own id; each run puts its objects under a lease besides."
    left = len(plan.experiments)
    for manifest in shown:
        left -= 1
        yield "---"
        yield manifest.text.rstrip("\n")
    if left:
        yield f"# ... and {left} more (--all shows them)"


def _folder(templates: str | None) -> Path | None:
    return Path(templates).expanduser() if templates is not None else None


def _rendered(
    task: Task,
    experiment: PlannedExperiment,
    templates: Path | None,
    namespace: str | None = None,
    runtime: Mapping[str, Any] | None = None,
) -> Manifest:
    from autotuner_core.deploy.ome.manifest import render_inference_service

    return render_inference_service(
        task,
        experiment.id,
        {**task.fixed, **experiment.parameters},
        run_id=RUN_ID,
        namespace=namespace or task.model.namespace or "",
        runtime=runtime,
        templates=templates,
    )


def _fault(task: Task, experiment: PlannedExperiment, templates: Path | None) -> Finding | None:
    from autotuner_core.failures import PreflightError
    from autotuner_core.findings import Finding, Severity

    try:
        _rendered(task, experiment, templates)
    except PreflightError as error:
        return Finding(Severity.ERROR, error.message, cure=error.cure, code="manifest")
    return None


def _covering(plan: Plan) -> list[PlannedExperiment]:
    """Experiments in which every value of every parameter is seen."""
    seen: set[tuple[str, str]] = set()
    chosen: list[PlannedExperiment] = []
    for experiment in plan.experiments:
        values = {(name, repr(value)) for name, value in experiment.parameters.items()}
        if not values <= seen and len(chosen) < _TRIED:
            seen |= values
            chosen.append(experiment)
    return chosen
