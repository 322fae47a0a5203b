"""What a cluster loses under a run: its node, OME's controller; and what an autoscaler gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from autotuner_core.control import Control, Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.autoscaler import STATUS, STATUS_NAMESPACE
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.server import OMEServer
from autotuner_core.deploy.ome.watch import pods, watching
from autotuner_core.deploy.ome.watch.watching import Watching
from autotuner_core.failures import FailureCause
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import INFERENCE_SERVICE
from autotuner_core.run import events as ev
from autotuner_core.task.load import task_from_json
from cluster.cluster import Cluster
from on_cluster.catalog import held_service
from on_cluster.relay import Relay
from on_cluster.tuning import TunerOnCluster, task_of
from recordings import Kept
from stub_load import held_benchmark
from waiting import wait_for

Tuner = Callable[..., TunerOnCluster]
ONE = {"tp_size": {"type": "choice", "values": [1]}}


@pytest.fixture
def kubelet(cluster: Cluster) -> Iterator[None]:
    """It runs again after the test."""
    yield
    cluster.restart("kubelet")


@pytest.mark.usefixtures("kubelet")
def test_an_experiment_whose_node_is_lost_is_measured_again_once_it_is_back(
    cluster: Cluster, tuner: Tuner, tmp_path: Path
) -> None:
    let_go = tmp_path / "let-go"
    run = tuner(parameters=ONE, optimization={"retries": 1}, benchmark=held_benchmark(tmp_path, let_go))
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted))
    cluster.stop("kubelet")
    run.until(lambda event: isinstance(event, ev.StageChanged) and event.stage == "cleaning_up")
    cluster.restart("kubelet")
    let_go.touch()
    assert process.wait(120) == 0, run.said()
    lost, again = run.of(ev.AttemptEnded)
    assert (lost.cause, lost.will_retry, again.outcome) == ("node_lost", True, "scored"), run.said()
    assert "node" in lost.message and "kubectl describe node" in lost.cure
    assert any("Ready=Unknown" in line for line in lost.evidence), lost.evidence
    run.check_nothing_is_left()


@pytest.fixture
def autoscaler(cluster: Cluster) -> Iterator[None]:
    """What cluster-autoscaler writes of itself; it says nothing of pods."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": STATUS}, "data": {"status": "Healthy"}}
    cluster.kubectl("create", "-n", STATUS_NAMESPACE, "-f", "-", input=json.dumps(body))
    yield
    cluster.kubectl("delete", "configmap", STATUS, "-n", STATUS_NAMESPACE)
    cluster.node_gpus(8)


@pytest.mark.usefixtures("autoscaler")
def test_a_configuration_for_which_an_autoscaler_brings_a_node_is_measured(cluster: Cluster, tuner: Tuner) -> None:
    run = tuner(parameters={"tp_size": {"type": "choice", "values": [16]}})
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.ClusterEventSeen) and event.reason == "FailedScheduling")
    cluster.node_gpus(16)
    assert process.wait(120) == 0, run.said()
    (end,) = run.of(ev.AttemptEnded)
    warned = [note.text for note in run.of(ev.RunNote) if note.code == "does_not_fit"]
    assert end.outcome == "scored" and len(warned) == 1 and "unless a node is added" in warned[0]


@pytest.mark.usefixtures("catalog")
def test_an_engine_that_goes_while_it_is_loaded_is_missed_also_where_its_watch_only_looks_alive(
    cluster: Cluster, relay: Relay, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "FRESH_SECONDS", 1.0)
    control = Control()
    client = KubeClient.connect(Access(relay.kubeconfig(cluster, tmp_path / "config")))
    where = RunInCluster("ab12", "ab12-token", task_from_json(task_of(tmp_path, namespace)), namespace)
    watched = Watching(client, where, control)
    watched.begin(Scope(control))
    shared = SimpleNamespace(client=client, where=where, watching=watched, lease=SimpleNamespace(lost=False))
    manifest = SimpleNamespace(name="held")
    order = DeployOrder(1, 1, {}, tmp_path)
    server = OMEServer(order, cast(Any, manifest), cast(Any, shared), Kept(), Scope(control), lambda gone: None)
    server.begin(client.create(INFERENCE_SERVICE, held_service(where.namespace, where.labels), namespace))
    pod = wait_for(lambda: next(filter(pods.is_ready, watched.pods_of("held")), None), 60, what="its pod")
    server._troubles.was_ready(pod)
    assert server.failure() is None
    relay.freeze()
    cluster.kubectl("delete", "pod", "--all", "--wait=false", "--grace-period=1", "-n", namespace)
    failure = wait_for(server.failure, 30, what="the engine to be missed")
    server._log.close()
    watched.close()
    assert failure.cause is FailureCause.EVICTED, failure
