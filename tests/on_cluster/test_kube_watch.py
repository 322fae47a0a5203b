"""Watches of a real API server: in order, none twice, through its absence."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import CONFIG_MAP
from autotuner_core.kube.watch import Informer
from cluster.cluster import Cluster
from on_cluster.relay import Relay
from waiting import wait_for

LABELS = "k=v"


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    return KubeClient.connect(Access(cluster.kubeconfig))


def config_map(name: str, **data: str) -> dict[str, Any]:
    about = {"name": name, "labels": {"k": "v"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": data}


class Told:
    def __init__(self, client: KubeClient, namespace: str) -> None:
        self.changes: list[tuple[str, str, str]] = []
        self.informer = Informer(client, CONFIG_MAP, namespace, labels=LABELS, on_change=self.take)
        self.informer.start()
        assert self.informer.synced.wait(30)

    def take(self, kind: str, body: dict[str, Any]) -> None:
        self.changes.append((kind, body["metadata"]["name"], (body.get("data") or {}).get("x", "")))


def is_watching() -> bool:
    return any(thread.name == "watch-configmaps" for thread in threading.enumerate())


def watched_from(client: KubeClient, namespace: str, version: str) -> int | None:
    """The status with which the API server answers a watch."""
    try:
        change = json.loads(next(iter(client.watch(CONFIG_MAP, namespace, version, seconds=5))))
    except KubeError as error:
        return error.status
    return int(change["object"].get("code", 200))


def test_changes_come_in_order_and_once(client: KubeClient, namespace: str) -> None:
    client.create(CONFIG_MAP, config_map("before", x="0"), namespace)
    told = Told(client, namespace)
    client.create(CONFIG_MAP, config_map("a", x="1"), namespace)
    for number in range(2, 12):
        client.patch(CONFIG_MAP, "a", {"data": {"x": str(number)}}, namespace)
        if number == 6 and (stream := told.informer._stream) is not None:
            stream.close()  # what lies between cuts the connection
    client.delete(CONFIG_MAP, "a", namespace, propagation="Background")
    wait_for(lambda: told.changes and told.changes[-1][0] == "DELETED", 30, what="the end")
    told.informer.stop()
    middle = [("MODIFIED", "a", str(number)) for number in range(2, 12)]
    assert told.changes == [("ADDED", "before", "0"), ("ADDED", "a", "1"), *middle, ("DELETED", "a", "11")]
    assert [body["metadata"]["name"] for body in told.informer.objects()] == ["before"]
    wait_for(lambda: not is_watching(), 10, what="the end of the thread")


def test_while_the_api_server_is_away_that_is_known_and_nothing_is_missed_after(
    cluster: Cluster, client: KubeClient, namespace: str
) -> None:
    client.create(CONFIG_MAP, config_map("a", x="1"), namespace)
    told = Told(client, namespace)
    cluster.stop("apiserver")
    wait_for(lambda: told.informer.failure is not None, 60, what="the failure")
    cluster.restart("apiserver")
    cluster.kubectl("delete", "configmap", "a", "-n", namespace)
    cluster.kubectl("create", "configmap", "b", "--from-literal=x=2", "-n", namespace)
    cluster.kubectl("label", "configmap", "b", LABELS, "-n", namespace)
    wait_for(lambda: len(told.changes) >= 3, 60, what="what happened meanwhile")
    told.informer.stop()
    assert watched_from(client, namespace, "1") == 410  # so does it say that it does not know what was before
    assert sorted(told.changes) == [("ADDED", "a", "1"), ("ADDED", "b", "2"), ("DELETED", "a", "1")]
    assert told.informer.failure is None


def test_a_connection_that_is_open_and_dead_hides_nothing_for_long(
    cluster: Cluster, relay: Relay, namespace: str, tmp_path: Path
) -> None:
    client = KubeClient.connect(Access(relay.kubeconfig(cluster, tmp_path / "config")))
    told = Told(client, namespace)
    wait_for(lambda: told.informer._stream is not None, 30, what="the watch")
    relay.freeze()
    cluster.kubectl("create", "configmap", "a", "--from-literal=x=1", "-n", namespace)
    cluster.kubectl("label", "configmap", "a", LABELS, "-n", namespace)
    wait_for(lambda: told.informer.freshen(1.0) or told.changes, 30, what="what happened meanwhile")
    told.informer.stop()
    assert told.changes == [("ADDED", "a", "1")]
