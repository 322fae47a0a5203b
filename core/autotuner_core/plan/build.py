"""Makes the plan of a run from its task."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autotuner_core.engines.profile import profile_of_task
from autotuner_core.findings import Finding
from autotuner_core.plan.checks import problems_of
from autotuner_core.plan.draft import Draft
from autotuner_core.plan.experiments import planned_experiments
from autotuner_core.plan.forecast import forecast_of
from autotuner_core.plan.levels import levels_of
from autotuner_core.plan.order import execution_order
from autotuner_core.plan.plan import CandidateCounts, Plan, PlannedObjective
from autotuner_core.scoring.metrics import metric_of
from autotuner_core.space.candidates import candidates
from autotuner_core.task.problem import findings_of

if TYPE_CHECKING:
    from autotuner_core.task.load import LoadedTask
    from autotuner_core.task.model import Task
    from autotuner_core.task.place import Marks


def build_plan(task: Task | LoadedTask, *, findings: Iterable[Finding] = (), direct: bool = False) -> Plan:
    """The plan of a task.

    `findings` come after those of loading the task and before the plan's own. `direct` says that the load comes from
    this machine (`--direct`) where the backend is ome. A plan with `errors` must not be run. Raises ConstraintError
    and TooManyCandidates (both ValueError) where the configurations cannot be told at all.
    """
    from autotuner_core.task.model import Task

    if isinstance(task, Task):
        return _planned(task, tuple(findings), direct, None)
    return _planned(task.task, (*task.findings, *findings), direct, task.marks)


def _planned(task: Task, before: tuple[Finding, ...], direct: bool, marks: Marks | None) -> Plan:
    found = candidates(task)
    experiments, problems = planned_experiments(task, found.chosen)
    draft = Draft(
        task=task,
        profile=profile_of_task(task),
        candidates=CandidateCounts(found.product, found.rejected, len(found.chosen), found.dropped, found.sampled),
        experiments=experiments,
        levels=levels_of(task),
        forecast=forecast_of(task, [experiment.gpu_count for experiment in experiments]),
        direct=direct,
    )
    said = findings_of([*problems, *problems_of(draft)], marks)
    return _plan(draft, (*before, *said))


def _plan(draft: Draft, findings: tuple[Finding, ...]) -> Plan:
    task = draft.task
    objective = task.optimization.objective
    return Plan(
        experiments=draft.experiments,
        order=execution_order(draft.experiments, task.optimization.seed),
        levels=draft.levels,
        forecast=draft.forecast,
        candidates=draft.candidates,
        objective=PlannedObjective(
            metric=objective.metric,
            unit=metric_of(objective.metric).unit,
            direction=objective.direction,
            levels=objective.levels,
            word=objective.word,
        ),
        slo=dict(task.optimization.slo),
        varying=tuple(task.parameters),
        fixed=dict(task.fixed),
        baseline=next((experiment.id for experiment in draft.experiments if experiment.why == "baseline"), None),
        findings=findings,
    )
