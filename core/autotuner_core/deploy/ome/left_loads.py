"""Loads that an earlier host of a run left in the cluster: removed, but for BenchmarkJobs of attempts that go on."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.job.names import POD_LABEL
from autotuner_core.control import Control
from autotuner_core.deploy.base import Resource
from autotuner_core.deploy.ome.deletion import wait_gone
from autotuner_core.deploy.ome.fields import going, name_of, uid_of
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.stuck import stuck
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import BENCHMARK_JOB, CONFIG_MAP, POD, Kind
from autotuner_core.run.events import ResourceRemoved
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

KINDS = (BENCHMARK_JOB, POD, CONFIG_MAP)
GONE_SECONDS, LOOK_SECONDS = 60.0, 0.2


def remove_loads(
    client: KubeClient,
    where: RunInCluster,
    made: Sequence[Resource],
    recorder: Recorder,
    control: Control,
    going_on: Container[tuple[int | None, int | None]] = (),
) -> None:
    """Remove what the record says was made for loads and was not seen to be gone; in the record it is, then. The
    BenchmarkJobs of the attempts (experiment, attempt) that are `going_on` stay, with the launcher in their pods.
    Raises ExperimentFailure."""
    left = [(kind, resource) for kind in KINDS for resource in made if resource.kind == kind.name]
    kept = False
    try:
        for kind, resource in left:
            if kind is BENCHMARK_JOB and (resource.experiment, resource.attempt) in going_on:
                stays = _is_there(client, where, resource.name)
            else:
                stays = kept and kind is CONFIG_MAP
            kept = kept or stays
            if not stays:
                _remove(client, where, kind, resource.name, control)
                recorder.record(ResourceRemoved.of(resource))
    except KubeError as error:
        raise as_failure(error, "remove the loads that an earlier host of this run left") from error


def _is_there(client: KubeClient, where: RunInCluster, name: str) -> bool:
    body = client.get(BENCHMARK_JOB, name, where.namespace)
    return body is not None and where.owns(body) and not going(body)


def _remove(client: KubeClient, where: RunInCluster, kind: Kind, name: str, control: Control) -> None:
    body = client.get(kind, name, where.namespace)
    if body is None or not where.owns(body):
        return
    client.delete(kind, name, where.namespace, uid=uid_of(body))
    if kind is BENCHMARK_JOB:
        _end_pods(client, where, name)
    if not wait_gone(
        lambda: not _same(client.get(kind, name, where.namespace), body), control, GONE_SECONDS, poll=LOOK_SECONDS
    ):
        raise stuck(name, body, (), GONE_SECONDS, kind.name)


def _same(now: Mapping[str, Any] | None, body: Mapping[str, Any]) -> bool:
    return now is not None and uid_of(now) == uid_of(body)


def _end_pods(client: KubeClient, where: RunInCluster, name: str) -> None:
    """What they measure is not wanted any more."""
    for pod in client.list(POD, where.namespace, labels=f"{POD_LABEL}={name}")[0]:
        client.delete(POD, name_of(pod), where.namespace, uid=uid_of(pod), grace=0)
