"""A plan held against the cluster: the runtime's own arguments tell how many GPUs an engine needs, and what it gets."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autotuner_tui.cli.cluster import no_cluster_to_ask, placement_of
from autotuner_tui.cli.exits import CLUSTER_UNREACHABLE, USAGE, UserError

if TYPE_CHECKING:
    from autotuner_core.plan.plan import Plan, PlannedExperiment
    from autotuner_core.task.model import Task

_PATIENCE = 5.0  # seconds for which a cluster that does not answer is asked again


def runtime_in_cluster(arguments: Namespace, task: Task) -> Mapping[str, Any] | None:
    """The task's serving runtime as the cluster has it; None for a task that names none. Raises UserError where it is
    not there, or the cluster cannot be asked."""
    from autotuner_core.deploy.ome.catalog import runtime_of
    from autotuner_core.engine.placement import connected
    from autotuner_core.failures import FailureGroup, PreflightError
    from autotuner_core.kube.errors import KubeError, as_failure

    if task.backend != "ome":
        raise no_cluster_to_ask()
    if not task.base_runtime:
        return None
    try:
        client, placement = connected(placement_of(arguments))
        namespace = placement.namespace_of(task)
        client = client.patient(seconds=_PATIENCE)
        client.first_answer()
        runtime = runtime_of(client, namespace, task.base_runtime)
    except PreflightError as error:
        raise UserError(error.message, cure=error.cure, code=CLUSTER_UNREACHABLE) from error
    except KubeError as error:
        failure = as_failure(error, "read the serving runtime")
        code = CLUSTER_UNREACHABLE if failure.cause.group is FailureGroup.ACCESS else USAGE
        raise UserError(failure.message, cure=failure.cure, code=code) from error
    if runtime is None:
        raise UserError(
            f"the cluster ({client.context}) has no serving runtime {task.base_runtime!r}",
            cure="`kubectl get clusterservingruntimes` lists those that there are; examples/ome has two.",
        )
    return runtime


def with_true_gpus(plan: Plan, task: Task, runtime: Mapping[str, Any] | None) -> Plan:
    """The plan, with the GPUs that each engine holds by this runtime. Raises UserError where they cannot be told."""
    from autotuner_core.deploy.ome.engine import profile_of_runtime
    from autotuner_core.deploy.ome.hardware import engine_gpus
    from autotuner_core.deploy.ome.runtime import read_runtime
    from autotuner_core.failures import PreflightError
    from autotuner_core.plan.forecast import forecast_of

    if runtime is None or plan.errors:
        return plan

    def counted(experiment: PlannedExperiment) -> PlannedExperiment:
        return replace(experiment, gpu_count=engine_gpus(task, {**task.fixed, **experiment.parameters}, read, profile))

    try:
        read = read_runtime(runtime)
        profile = profile_of_runtime(read)
        experiments = tuple(counted(experiment) for experiment in plan.experiments)
    except PreflightError as error:
        raise UserError(error.message, cure=error.cure) from error
    forecast = forecast_of(task, [experiment.gpu_count for experiment in experiments])
    return replace(plan, experiments=experiments, forecast=forecast)
