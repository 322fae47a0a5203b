"""Everything of a run hangs on a lease that Kubernetes itself ends when the tuner is dead."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.control import Control, Scope
from autotuner_core.deploy.ome.lease import RunLease
from autotuner_core.deploy.ome.pod import owner_reference
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.failures import ExperimentFailure
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import CONFIG_MAP, JOB
from autotuner_core.run import events as ev
from autotuner_core.task.load import task_from_json
from cluster.cluster import Cluster
from on_cluster.tuning import task_of
from recordings import Kept
from waiting import wait_for

SECONDS = 3.0


class Held:
    """A lease of a run, with the client that holds it."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path, token: str = "ab12-token") -> None:
        self.client = KubeClient.connect(Access(cluster.kubeconfig))
        self.record, self.control, self.namespace = Kept(), Control(), namespace
        task = task_from_json(task_of(folder, namespace))
        self.where = RunInCluster("ab12", token, task, namespace)
        self.lease = RunLease(self.client, self.where, self.record, self.control, SECONDS)
        self.scope = Scope(self.control)

    def hang(self, name: str) -> None:
        """Something that hangs on it."""
        owner = owner_reference(self.lease.ensure(self.scope))
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "ownerReferences": [owner]}}
        self.client.create(CONFIG_MAP, body, self.namespace)

    def there(self, name: str) -> bool:
        return self.client.get(CONFIG_MAP, name, self.namespace) is not None

    def job(self) -> dict | None:
        return self.client.get(JOB, self.where.lease_name, self.namespace)


@pytest.fixture
def held(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Held]:
    held = Held(cluster, namespace, tmp_path)
    held.lease.begin(held.scope)
    try:
        yield held
    finally:
        held.lease.end()


def test_what_hangs_on_a_lease_outlives_its_time_only_as_long_as_it_is_renewed(held: Held) -> None:
    held.hang("thing")
    begun = time.monotonic()
    wait_for(lambda: time.monotonic() > begun + 2 * SECONDS, 3 * SECONDS)
    assert held.there("thing") and not held.lease.lost
    held.lease.abandon()
    wait_for(lambda: not held.there("thing") and held.job() is None, 30)
    assert held.lease.lost


def test_what_could_not_be_removed_holds_its_gpus_no_longer_than_the_lease_while_the_run_waits(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    held = Held(cluster, namespace, tmp_path)
    wanted = [True]
    held.lease = RunLease(held.client, held.where, held.record, held.control, SECONDS, lambda: wanted[0])
    held.lease.begin(held.scope)
    held.hang("thing")
    wanted[0] = False
    wait_for(lambda: not held.there("thing") and held.job() is None, 30)
    held.hang("the-next")
    assert held.there("the-next"), "what is made later has a lease of its own"
    wanted[0] = True
    held.lease.end()


def test_a_lease_that_somebody_removed_is_told_and_made_anew_before_the_next_object(held: Held) -> None:
    first = held.job()
    held.client.delete(JOB, held.where.lease_name, held.namespace)
    held.hang("thing")
    again = held.job()
    assert first and again and first["metadata"]["uid"] != again["metadata"]["uid"]
    assert [event.code for event in held.record.events if isinstance(event, ev.RunNote)] == ["lease_lost"]
    begun = time.monotonic()
    wait_for(lambda: time.monotonic() > begun + 1, 5)
    assert held.there("thing")


def test_the_lease_is_taken_over_by_the_next_host_of_the_same_run(held: Held, cluster: Cluster, tmp_path: Path) -> None:
    held.hang("thing")
    held.lease.abandon()
    again = Held(cluster, held.namespace, tmp_path)
    again.lease.begin(again.scope)
    begun = time.monotonic()
    wait_for(lambda: time.monotonic() > begun + 1.5 * SECONDS, 3 * SECONDS)
    assert again.there("thing")
    again.lease.end()
    wait_for(lambda: not again.there("thing"), 30)


def test_a_run_of_another_machine_with_the_same_id_is_not_touched(held: Held, cluster: Cluster, tmp_path: Path) -> None:
    stranger = Held(cluster, held.namespace, tmp_path, token="ab12-other")
    with pytest.raises(ExperimentFailure, match="another run"):
        stranger.lease.begin(stranger.scope)
    assert held.job() is not None


def test_it_makes_no_pods_and_carries_no_labels_of_a_queueing_system(held: Held) -> None:
    job = held.job()
    assert job is not None
    assert job["spec"]["parallelism"] == 0 and "active" not in job["status"]
    assert "kueue" not in json.dumps(job["metadata"]["labels"])
