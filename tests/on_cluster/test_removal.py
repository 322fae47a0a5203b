"""A service that does not go: whose finalizer holds it is told before minutes are lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.control import Control, Scope
from autotuner_core.deploy.ome import removal
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.watch.watching import Watching
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import INFERENCE_SERVICE, POD
from autotuner_core.task.load import task_from_json
from cluster.cluster import Cluster
from on_cluster.catalog import held_service
from on_cluster.tuning import task_of
from waiting import wait_for


class Service:
    """An InferenceService with its pod."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path) -> None:
        self.client, control = KubeClient.connect(Access(cluster.kubeconfig)), Control()
        where = RunInCluster("ab12", "ab12-token", task_from_json(task_of(folder, namespace)), namespace)
        self.watched = Watching(self.client, where, control)
        self.watched.begin(Scope(control))
        self._removal = removal.Removal(self.client, where, self.watched, control)
        made = self.client.create(INFERENCE_SERVICE, held_service(namespace, where.labels), namespace)
        self._uid, self._namespace = made["metadata"]["uid"], namespace
        wait_for(self.pods, 30, what="its pod")

    def pods(self) -> bool:
        return bool(self.client.list(POD, self._namespace)[0])

    def is_gone(self) -> bool:
        return self.client.get(INFERENCE_SERVICE, "held", self._namespace) is None

    def not_removed(self) -> ExperimentFailure:
        """Why it cannot be removed."""
        with pytest.raises(ExperimentFailure) as told:
            self._removal.remove("held", self._uid, now=True)
        return told.value


@pytest.fixture
def service(
    cluster: Cluster, namespace: str, catalog: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    monkeypatch.setattr(removal, "LET_GO_SECONDS", 1.0)
    monkeypatch.setattr(removal, "LOOK_SECONDS", 0.2)
    service = Service(cluster, namespace, tmp_path)
    yield service
    service.watched.close()


def test_a_removal_that_omes_controller_does_not_let_happen_is_told_before_two_minutes_are_lost(
    cluster: Cluster, service: Service
) -> None:
    cluster.stop("ome")
    try:
        told = service.not_removed()
    finally:
        cluster.start("ome")
    assert told.cause is FailureCause.CONTROLLER_GONE
    assert "inferenceservice.finalizers" in told.evidence[0] and "kubectl get pods -n ome" in told.cure
    assert not service.pods()
    wait_for(service.is_gone, 30, what="its end")


def test_a_finalizer_of_another_program_is_named_and_not_laid_at_omes_door(
    cluster: Cluster, namespace: str, service: Service
) -> None:
    change = ("patch", "inferenceservice", "held", "-n", namespace)
    hold = '[{"op": "add", "path": "/metadata/finalizers/-", "value": "audit.example.com/hold"}]'
    cluster.kubectl(*change, "--type=json", "-p", hold)
    try:
        told = service.not_removed()
    finally:
        cluster.kubectl(*change, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    assert told.cause is FailureCause.STUCK_DELETION, told
    assert "audit.example.com/hold has not let go" in told.message and "kubectl patch" in told.cure
    assert not service.pods()
