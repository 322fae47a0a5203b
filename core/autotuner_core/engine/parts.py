"""Which deployer and which benchmark carry out a task: the one place that knows all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.benchmark.base import Benchmark
from autotuner_core.deploy.base import Deployer
from autotuner_core.engine.held_run import HeldRun
from autotuner_core.engine.placement import Placement, connected
from autotuner_core.failures import PreflightError
from autotuner_core.findings import Finding
from autotuner_core.run.events import HardwareSeen
from autotuner_core.run.run_state import RunState
from autotuner_core.task.model import Task

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient


def refuse_what_is_not_built(task: Task) -> None:
    """Raises PreflightError where no deployer of this version can carry the task out."""
    if task.optimization.strategy == "adaptive":
        raise PreflightError(
            "the strategy `adaptive` is not built yet",
            cure='set optimization.strategy to "random_search" with max_iterations, or to "grid_search"',
        )


def placed(task: Task, placement: Placement) -> Placement:
    """The placement of a run of this task that begins now, with what the usual rules choose. Raises PreflightError
    where there is no way to the cluster."""
    return connected(placement)[1] if task.backend == "ome" else placement


def deployer_for(run: HeldRun) -> Deployer:
    """The place where the run's servers are. Raises PreflightError."""
    refuse_what_is_not_built(run.task)
    if run.task.backend == "ome":
        return _in_cluster(run)
    from autotuner_core.deploy.local.deployer import LocalDeployer

    return LocalDeployer(run.task, run.token)


def _in_cluster(run: HeldRun) -> Deployer:
    from autotuner_core.deploy.ome.deployer import OMEDeployer
    from autotuner_core.deploy.ome.preflight import preflight
    from autotuner_core.deploy.ome.run_in_cluster import RunInCluster

    client, placement = connected(run.placement)
    templates = Path(placement.templates) if placement.templates else None
    namespace = placement.namespace_of(run.task)
    where = RunInCluster(run.folder.run_id, run.token, run.task, namespace, templates, placement.direct)

    def look_first(client: KubeClient) -> Sequence[Finding]:
        """A run that has begun was looked at then; what it left behind would be in its own way now."""
        if run.ledger.read(_has_begun):
            return ()
        return preflight(client, run.task, run.plan, namespace=namespace, direct=placement.direct, templates=templates)

    return OMEDeployer(client, where, run.ledger, run.control, look_first, run.ledger.read(_first_hardware))


def _has_begun(state: RunState) -> bool:
    return any(experiment.attempts for experiment in state.experiments.values())


def _first_hardware(state: RunState) -> HardwareSeen | None:
    attempts = (attempt for experiment in state.experiments.values() for attempt in experiment.attempts)
    seen = [attempt.hardware for attempt in attempts if attempt.hardware is not None]
    return min(seen, key=lambda hardware: hardware.seq, default=None)


def benchmark_for(run: HeldRun, deployer: Deployer) -> Benchmark:
    """The way in which the task's servers, which `deployer` starts, are loaded."""
    if run.task.backend == "ome" and not run.placement.direct:
        return _in_jobs(run, deployer)
    from autotuner_core.benchmark.direct import DirectBenchmarkController

    return DirectBenchmarkController(run.task, run.folder, run.token, run.ledger)


def _in_jobs(run: HeldRun, deployer: Deployer) -> Benchmark:
    from autotuner_core.benchmark.job.controller import BenchmarkController
    from autotuner_core.benchmark.job.parts import JobParts
    from autotuner_core.benchmark.job.watching import JobWatching
    from autotuner_core.deploy.ome.deployer import OMEDeployer

    assert isinstance(deployer, OMEDeployer), "BenchmarkJobs load InferenceServices"
    services = deployer.shared
    return BenchmarkController(
        JobParts(
            services.client,
            services.where,
            run.ledger,
            run.control,
            deployer.waits,
            services.lease,
            JobWatching(services.client, services.where, services.watching, run.control),
            services.watching,
            lambda: deployer.catalog,
            run.plan.levels,
            run.folder,
        )
    )
