"""The client against a real API server: what it says no to, and how that is understood."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.deploy.ome.diagnosis import not_made
from autotuner_core.failures import FailureCause
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import (
    CONFIG_MAP,
    INFERENCE_SERVICE,
    NAMESPACE,
    POD,
    RESOURCE_QUOTA,
    SECRET,
    Kind,
)
from cluster.cluster import Cluster
from on_cluster.logins import account_token, kubeconfig_of
from waiting import wait_for


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    return KubeClient.connect(Access(cluster.kubeconfig))


def body(kind: Kind, name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name}, **more}


def refusal(call: Callable[[], object]) -> KubeError:
    with pytest.raises(KubeError) as refused:
        call()
    return refused.value


def test_objects_are_made_changed_listed_and_removed(client: KubeClient, namespace: str) -> None:
    made = client.create(CONFIG_MAP, body(CONFIG_MAP, "a", data={"x": "1", "y": "2"}), namespace)
    assert client.create(CONFIG_MAP, body(CONFIG_MAP, "b"), namespace, dry_run=True)["metadata"]["name"] == "b"
    changed = client.patch(CONFIG_MAP, "a", {"data": {"x": None}, "metadata": {"labels": {"k": "v"}}}, namespace)
    assert changed["data"] == {"y": "2"}
    items, version = client.list(CONFIG_MAP, namespace, labels="k=v")
    assert [item["metadata"]["uid"] for item in items] == [made["metadata"]["uid"]] and version
    assert client.delete(CONFIG_MAP, "a", namespace, uid="00000000-0000-0000-0000-000000000000") is False
    assert client.delete(CONFIG_MAP, "a", namespace, uid=made["metadata"]["uid"]) is True
    wait_for(lambda: client.get(CONFIG_MAP, "a", namespace) is None, 30, what="its end, in the foreground")
    assert client.get(CONFIG_MAP, "b", namespace) is None
    assert client.delete(CONFIG_MAP, "a", namespace) is False
    assert client.requests["create", "ConfigMap"] == 2


def test_a_list_of_several_pages_is_whole(client: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autotuner_core.kube.objects.PAGE", 2)
    for name in "abcde":
        client.create(CONFIG_MAP, body(CONFIG_MAP, name, metadata={"name": name, "labels": {"k": "v"}}), namespace)
    items, _ = client.list(CONFIG_MAP, namespace, labels="k=v")
    assert [item["metadata"]["name"] for item in items] == list("abcde")


def test_the_servers_clock_is_known(client: KubeClient) -> None:
    assert abs(client.server_now() - time.time()) < 2


def test_a_field_that_ome_does_not_know_is_refused_with_its_name(client: KubeClient, namespace: str) -> None:
    wrong = body(INFERENCE_SERVICE, "a", spec={"engine": {"minReplica": 1}})
    error = refusal(lambda: client.create(INFERENCE_SERVICE, wrong, namespace))
    failure = not_made(error, "the InferenceService a", namespace=namespace)
    assert failure.cause is FailureCause.ADMISSION_DENIED and "spec.engine.minReplica" in failure.message
    assert "template" in failure.cure and not error.worth_retrying


def test_what_is_there_already_can_be_told_from_what_another_made(client: KubeClient, namespace: str) -> None:
    client.create(CONFIG_MAP, body(CONFIG_MAP, "a"), namespace)
    error = refusal(lambda: client.create(CONFIG_MAP, body(CONFIG_MAP, "a"), namespace))
    assert (error.status, error.reason) == (409, "AlreadyExists")


def test_a_namespace_that_is_not_there_or_is_going_pauses_a_run(client: KubeClient, namespace: str) -> None:
    absent = refusal(lambda: client.create(CONFIG_MAP, body(CONFIG_MAP, "a"), "not-there"))
    assert as_failure(absent, "make it").cause is FailureCause.NAMESPACE_GONE
    held = body(CONFIG_MAP, "held", metadata={"name": "held", "finalizers": ["example.org/hold"]})
    client.create(CONFIG_MAP, held, namespace)
    client.delete(NAMESPACE, namespace)
    try:
        going = refusal(lambda: client.create(CONFIG_MAP, body(CONFIG_MAP, "a"), namespace))
        assert as_failure(going, "make it").cause is FailureCause.NAMESPACE_GONE
    finally:
        client.patch(CONFIG_MAP, "held", {"metadata": {"finalizers": None}}, namespace)


def test_a_quota_that_is_used_up_is_told_as_such(client: KubeClient, namespace: str) -> None:
    client.create(RESOURCE_QUOTA, body(RESOURCE_QUOTA, "q", spec={"hard": {"count/secrets": "0"}}), namespace)

    def refused() -> KubeError | None:
        try:
            client.create(SECRET, body(SECRET, "a"), namespace, dry_run=True)
        except KubeError as error:
            return error
        return None  # it was made a moment ago

    failure = not_made(wait_for(refused, 30, what="the quota"), "it", namespace=namespace)
    assert failure.cause is FailureCause.QUOTA and "count/secrets=0" in failure.message


def test_a_right_that_is_missing_is_told_with_who_lacks_it(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    token = account_token(cluster, namespace, "nobody")
    client = KubeClient.connect(Access(kubeconfig_of(cluster, {"token": token}, tmp_path / "config")))
    error = refusal(lambda: client.list(POD, namespace))
    failure = as_failure(error, "list the pods")
    assert failure.cause is FailureCause.RIGHT_MISSING
    assert f"system:serviceaccount:{namespace}:nobody" in failure.cure
    assert client.may("list", POD, namespace).allowed is False
    assert client.may("create", Kind("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "x", False)).allowed


def test_who_has_no_login_is_told_to_log_in(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    for user in ({}, {"token": "of-long-ago"}):
        client = KubeClient.connect(Access(kubeconfig_of(cluster, user, tmp_path / "config")))
        error = refusal(lambda client=client: client.list(POD, namespace))
        assert as_failure(error, "list the pods").cause is FailureCause.CREDENTIALS_EXPIRED


def test_a_token_that_ends_in_the_middle_is_renewed_by_its_plugin(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(account_token(cluster, namespace, "first"))
    answer = '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}'
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", f"printf '{answer}' $(cat {tmp_path / 'token'})"],
        "interactiveMode": "Never",
    }
    client = KubeClient.connect(Access(kubeconfig_of(cluster, {"exec": plugin}, tmp_path / "config")))
    assert client.may("create", POD, namespace).allowed is False  # it is let in, and may nothing
    cluster.kubectl("delete", "serviceaccount", "first", "-n", namespace)
    wait_for(lambda: "Unauthorized" in _said(client, namespace), 60, what="the end of the token")
    (tmp_path / "token").write_text(account_token(cluster, namespace, "second"))
    wait_for(lambda: "namespace" in _said(client, namespace) and "second" in _said(client, namespace), 30)


def _said(client: KubeClient, namespace: str) -> str:
    return refusal(lambda: client.patient(seconds=0).list(POD, namespace)).message


def test_an_api_server_that_is_away_for_a_moment_is_waited_for_and_told(
    cluster: Cluster, client: KubeClient, namespace: str
) -> None:
    told: list[str] = []
    waits: list[float] = []

    def back_again(seconds: float) -> None:
        if len(waits) == 1:
            cluster.start("apiserver")
        waits.append(seconds)
        time.sleep(seconds)

    client.version()
    cluster.stop("apiserver")
    try:
        found = client.patient(seconds=120, wait=back_again, tell=told.append).get(NAMESPACE, namespace)
    finally:
        cluster.restart("apiserver") if len(waits) < 2 else None
    assert found is not None and len(waits) >= 2 and "asked again" in told[0]
