"""Making a run's lease, or finding the one that an earlier host of the run has left, with its clock running."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.control import Scope
from autotuner_core.deploy.ome.diagnosis import not_made
from autotuner_core.deploy.ome.lease_job import is_over, is_suspended, lease_job, started_at
from autotuner_core.deploy.ome.run_in_cluster import TOKEN_LABEL, RunInCluster
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import JOB

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

START_SECONDS = 30.0
"""The Job controller sets the clock going within a second; a busy one may take its time."""
GONE_SECONDS = 90.0
"""An old lease that is being removed waits for the pods under it."""
LOOK_SECONDS = 0.05

Job = Mapping[str, Any]


class LeaseMaking:
    """For one run. `seconds`: how long the lease lasts."""

    def __init__(self, client: KubeClient, where: RunInCluster, seconds: float) -> None:
        self._client, self._where, self._seconds = client, where, seconds

    def look(self, uid: str | None = None) -> Job | None:
        """The lease as the cluster has it; with `uid`, only that very one. Raises KubeError."""
        job = self._client.get(JOB, self._where.lease_name, self._where.namespace)
        return None if job is not None and uid is not None and job["metadata"]["uid"] != uid else job

    def made(self, scope: Scope, intended: Callable[[], None]) -> Job:
        """The lease with its clock running; `intended` is called before it is made. Raises ExperimentFailure, KubeError
        and Interrupted."""
        job = self.look()
        if job is not None and is_over(job):
            if not scope.wait_until(lambda: self.look() is None, GONE_SECONDS, poll=0.5):
                raise stuck(self._where.lease_name)
            job = None
        intended()
        if job is None:
            job = self._create()
        elif not self._is_own(job):
            raise _of_another_run(self._where.lease_name)
        return self._with_running_clock(job, scope)

    def _create(self) -> Job:
        where = self._where
        try:
            job: Job = self._client.create(JOB, lease_job(where, self._seconds), where.namespace)
            return job
        except KubeError as error:
            found = self.look() if error.is_conflict else None
            if found is not None and self._is_own(found):
                return found  # it was made, and the answer was lost
            raise not_made(error, f"the run's lease (Job {where.lease_name})", namespace=where.namespace) from error

    def _is_own(self, job: Job) -> bool:
        return bool(job["metadata"].get("labels", {}).get(TOKEN_LABEL) == self._where.token)

    def _with_running_clock(self, job: Job, scope: Scope) -> Job:
        seen: list[Job | None] = [job]

        def runs() -> bool:
            if not _runs(seen[-1]):
                seen.append(self.look())
            return seen[-1] is None or _runs(seen[-1])

        scope.wait_until(runs, START_SECONDS, poll=LOOK_SECONDS)
        last = seen[-1]
        if last is None or not _runs(last):
            raise _not_started(self._where.lease_name, last)
        return last


def _runs(job: Job | None) -> bool:
    return job is not None and started_at(job) is not None


def stuck(name: str) -> ExperimentFailure:
    """It was removed and does not go."""
    return ExperimentFailure(
        FailureCause.STUCK_DELETION,
        f"the run's lease (Job {name}) was removed {GONE_SECONDS:.0f} s ago and is still there",
        cure=f"`kubectl get job {name} -o yaml` shows the finalizers that it waits for.",
    )


def _of_another_run(name: str) -> ExperimentFailure:
    return ExperimentFailure(
        FailureCause.ADMISSION_DENIED,
        f"the Job {name} is the lease of another run that has drawn the same id, on another machine",
        cure="Begin a new run: it draws another id.",
        retry=False,
    )


def _not_started(name: str, job: Job | None) -> ExperimentFailure:
    why = "is gone" if job is None else "is suspended" if is_suspended(job) else "has no status.startTime"
    return ExperimentFailure(
        FailureCause.ADMISSION_DENIED,
        f"the run's lease (Job {name}) {why} after {START_SECONDS:.0f} s: its clock does not run",
        cure="A queueing system that takes every Job in hand (Kueue's manageJobsWithoutQueueName) must leave out those "
        "labelled app.kubernetes.io/managed-by=autotuner-tui; else see whether kube-controller-manager runs.",
    )
