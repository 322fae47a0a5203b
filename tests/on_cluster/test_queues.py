"""What is said before a run of the queue of Kueue's that its task names. Of Kueue the cluster has nothing but the
kinds: what its controller would say of a queue is written here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from autotuner_core.deploy.ome.fields import condition
from autotuner_core.deploy.ome.preflight import preflight
from autotuner_core.findings import Finding, Severity
from autotuner_core.kube import kinds
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import Kind
from autotuner_core.plan.build import build_plan
from autotuner_core.task.load import task_from_json
from cluster.cluster import Cluster
from on_cluster.logins import account_token, kubeconfig_of
from waiting import wait_for

GROUP, QUEUE, CLUSTER_QUEUE = "kueue.x-k8s.io", "tuning", "gpus"
LOCAL = Kind(GROUP, "v1beta1", "localqueues", "LocalQueue")
WHOLE = Kind(GROUP, "v1beta1", "clusterqueues", "ClusterQueue", namespaced=False)
ACTIVE = {"type": "Active", "status": "True", "reason": "Ready", "message": "Can submit new workloads to it"}


def definition(kind: Kind) -> dict[str, Any]:
    """As Kueue's, without its schema."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": kind.version,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": anything}}},
    }
    spec = {
        "group": kind.group,
        "names": {"plural": kind.plural, "singular": kind.name.lower(), "kind": kind.name, "listKind": f"{kind.name}s"},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "versions": [version],
    }
    name = {"name": f"{kind.plural}.{kind.group}"}
    return {"apiVersion": kinds.CRD.api_version, "kind": kinds.CRD.name, "metadata": name, "spec": spec}


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    """An administrator."""
    return KubeClient.connect(Access(cluster.kubeconfig))


@pytest.fixture
def kueue(client: KubeClient) -> Iterator[None]:
    """Kueue's kinds are there."""
    bodies = [definition(kind) for kind in (LOCAL, WHOLE)]
    names = [body["metadata"]["name"] for body in bodies]

    def established(name: str) -> bool:
        return condition(client.get(kinds.CRD, name), "Established").get("status") == "True"

    try:
        for body in bodies:
            client.create(kinds.CRD, body)
        for name in names:
            wait_for(lambda name=name: established(name), 30)
        yield
    finally:
        for name in names:
            client.delete(kinds.CRD, name)
        wait_for(lambda: not any(client.get(kinds.CRD, name) for name in names), 30)


def make(client: KubeClient, kind: Kind, namespace: str, *active: dict[str, str], **spec: str) -> None:
    """A queue of which Kueue has said so much."""
    name, where = (QUEUE, namespace) if kind.namespaced else (CLUSTER_QUEUE, None)
    leads = {"clusterQueue": CLUSTER_QUEUE} if kind.namespaced else {}
    body = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name}, "spec": {**leads, **spec}}
    client.create(kind, body, where)
    client.patch(kind, name, {"status": {"conditions": list(active)}}, where, subresource="status")


def said(client: KubeClient, namespace: str) -> Finding:
    """What is said of the task's queue."""
    task = task_from_json(
        {
            "task_name": "chat",
            "model": {"name": "none", "namespace": namespace},
            "base_runtime": "none",
            "parameters": {"tp_size": {"type": "choice", "values": [1]}},
            "optimization": {"objective": "maximize_throughput"},
            "benchmark": {"model_tokenizer": "m"},
            "kubernetes": {"labels": {f"{GROUP}/queue-name": QUEUE}},
        }
    )
    findings = preflight(client, task, build_plan(task, direct=True), namespace=namespace, direct=True)
    (found,) = [one for one in findings if one.code.startswith("queue")]
    return found


def test_without_kueue_engines_that_were_to_wait_start_at_once(client: KubeClient, namespace: str) -> None:
    found = said(client, namespace)
    assert found.code == "queue_unknown" and "not installed" in found.message


@pytest.mark.usefixtures("kueue")
def test_a_queue_that_lets_engines_in_is_in_nobodys_way(client: KubeClient, namespace: str) -> None:
    make(client, LOCAL, namespace, ACTIVE)
    make(client, WHOLE, namespace, ACTIVE)
    found = said(client, namespace)
    assert (found.code, found.severity) == ("queue", Severity.NOTE)


INACTIVE = {"type": "Active", "status": "False", "reason": "ClusterQueueIsInactive", "message": "Can't submit"}
NO_FLAVOR = {"type": "Active", "status": "False", "reason": "FlavorNotFound", "message": "no flavor h100"}


@pytest.mark.usefixtures("kueue")
@pytest.mark.parametrize(
    ("local", "whole", "words", "cure"),
    [
        (None, None, "does not exist in the namespace", "get localqueues -n"),
        (([ACTIVE], {"stopPolicy": "Hold"}), None, "queue tuning is stopped (stopPolicy Hold)", "localqueue tuning -n"),
        (([INACTIVE], {}), None, "ClusterQueue gpus, which does not exist", "get clusterqueues"),
        (([INACTIVE], {}), ([NO_FLAVOR], {}), "no flavor h100", "describe clusterqueue gpus"),
        (([INACTIVE], {}), ([INACTIVE], {"stopPolicy": "HoldAndDrain"}), "(stopPolicy HoldAndDrain)",
         "patch clusterqueue gpus"),
        (([], {}), ([], {}), "seen by nobody", "kueue-system"),
    ],
    ids=["unknown", "stopped", "leads nowhere", "inactive", "stopped behind", "no controller"],
)  # fmt: skip
def test_a_queue_that_lets_nobody_in_is_met_by_the_first_engine_which_waits_in_it(
    client: KubeClient, namespace: str, local: Any, whole: Any, words: str, cure: str
) -> None:
    for kind, told in ((LOCAL, local), (WHOLE, whole)):
        if told is not None:
            make(client, kind, namespace, *told[0], **told[1])
    found = said(client, namespace)
    assert found.severity is Severity.WARNING
    assert words in found.message and cure in found.cure, found


@pytest.mark.usefixtures("kueue")
def test_who_may_not_look_behind_a_queue_is_told_what_the_queue_itself_says(
    client: KubeClient, cluster: Cluster, namespace: str, tmp_path: Any
) -> None:
    make(client, LOCAL, namespace, INACTIVE)
    make(client, WHOLE, namespace, NO_FLAVOR)
    file = kubeconfig_of(cluster, {"token": account_token(cluster, namespace, "tuner")}, tmp_path / "tuner")
    who = f"--serviceaccount={namespace}:tuner"
    cluster.kubectl("create", "role", "look", "-n", namespace, "--resource=localqueues.kueue.x-k8s.io", "--verb=get")
    cluster.kubectl("create", "rolebinding", "look", "-n", namespace, "--role=look", who)
    found = said(KubeClient.connect(Access(file)), namespace)
    assert found.code == "queue_inactive" and "Can't submit" in found.message
