"""The stand-in's webhooks against what the real OME 1.2.2 was recorded to answer, word for word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cluster import engines as sample
from cluster.cluster import Cluster
from on_cluster.recordings import RECORDED_IN, recording
from on_cluster.sent import NOT_SENT, SENT, benchmark, laid_over, request, service
from waiting import wait_for

Object = dict[str, Any]
pytestmark = pytest.mark.usefixtures("webhooks", "engines")
CUT = "..."  # where the recording ends a long answer
OME = "/apis/ome.io/v1beta1"
MERGE = "application/merge-patch+json"


@pytest.fixture
def recorded_catalog(cluster: Cluster) -> Iterator[None]:
    """The models and runtimes of the recordings beside those of `engines`."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": catalog()})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)
    yield
    cluster.kubectl("delete", "--ignore-not-found", "-f", "-", input=text)


def catalog() -> list[Object]:
    """A model and a runtime that are disabled, a runtime for another architecture and one for nothing."""
    runtime = sample.misbehaving_runtime()
    formats = runtime["spec"]["supportedModelFormats"]
    other = [{**entry, "modelArchitecture": "MistralForCausalLM"} for entry in formats]
    changes = {"disabled-rt": {"disabled": True}, "other-rt": {"supportedModelFormats": other}}
    changes["noformat-rt"] = {"supportedModelFormats": None}
    made = [laid_over(runtime, {"metadata": {"name": name}, "spec": spec}) for name, spec in changes.items()]
    model = {**sample.model_spec("/none"), "disabled": True}
    about = {"apiVersion": "ome.io/v1beta1", "kind": "ClusterBaseModel", "metadata": {"name": "disabled-model"}}
    return [*made, {**about, "spec": model}]


def test_every_request_is_answered_as_the_real_webhooks_did(
    cluster: Cluster, recorded_catalog: None, namespace: str
) -> None:
    differing = []
    for line in recording("1.2.2", "webhooks-on-requests"):
        if line["sent"] in NOT_SENT:
            continue
        subject = "isvc" if line["sent"].startswith("isvc") else "bj"
        good = service(namespace, sample.MODEL, sample.RUNTIME) if subject == "isvc" else benchmark(namespace)
        body = request(good, SENT[line["sent"]])
        found = answer(cluster, body).replace(namespace, RECORDED_IN).replace('"web"', '"ISVC"')
        wanted = line["answer"]
        same = found.startswith(wanted.removesuffix(CUT)) if wanted.endswith(CUT) else found == wanted
        if not same:
            differing.append(f"{line['sent']}:\n  {wanted}\n  {found}")
    assert not differing, "\n".join(differing)


def test_an_unknown_model_leaves_no_object_behind(
    cluster: Cluster, webhooks: None, engines: None, namespace: str
) -> None:
    body = service(namespace, "no-such-model", sample.RUNTIME)
    status, _ = cluster.api.call("POST", f"{OME}/namespaces/{namespace}/inferenceservices", body)
    assert status == 403
    assert cluster.api.ask("GET", f"{OME}/namespaces/{namespace}/inferenceservices")["items"] == []


def test_defaults_are_written_and_the_generation_stays(
    cluster: Cluster, webhooks: None, engines: None, namespace: str
) -> None:
    place = f"{OME}/namespaces/{namespace}/inferenceservices"
    body = request(service(namespace, sample.MODEL, "misbehaving-rt"), SENT["isvc without min/max"])
    made = cluster.api.ask("POST", place, body)
    assert (made["spec"]["engine"]["minReplicas"], made["spec"]["engine"]["maxReplicas"]) == (1, 3)
    assert made["metadata"]["annotations"] == {"ome.io/deploymentMode": "RawDeployment"}
    ready = wait_for(lambda: ready_service(cluster, f"{place}/web"), 60, what="Ready")
    assert (ready["metadata"]["generation"], ready["status"]["observedGeneration"]) == (1, 1)


def test_a_service_whose_runtime_is_gone_cannot_be_deleted(
    cluster: Cluster, webhooks: None, engines: None, namespace: str
) -> None:
    place = f"{OME}/namespaces/{namespace}/inferenceservices"
    runtime = {**sample.misbehaving_runtime(), "metadata": {"name": "short-lived-rt"}}
    cluster.api.ask("POST", f"{OME}/clusterservingruntimes", runtime)
    try:
        cluster.api.ask("POST", place, service(namespace, sample.MODEL, "short-lived-rt"))
        wait_for(lambda: ready_service(cluster, f"{place}/web"), 60, what="Ready")
        cluster.api.ask("DELETE", f"{OME}/clusterservingruntimes/short-lived-rt")
        told = cluster.api.call("PATCH", f"{place}/web", {"metadata": {"labels": {"a": "b"}}}, MERGE)[1]["message"]
        assert told.endswith(f"runtime short-lived-rt not found in namespace {namespace} or at cluster scope")
        cluster.api.ask("DELETE", f"{place}/web?propagationPolicy=Foreground")
        pods = f"/api/v1/namespaces/{namespace}/pods"
        wait_for(lambda: not cluster.api.ask("GET", pods)["items"], 60, what="its pods' end")
        left = cluster.api.ask("GET", f"{place}/web")["metadata"]["finalizers"]
        assert left == ["inferenceservice.finalizers", "foregroundDeletion"]
    finally:
        cluster.api.call("POST", f"{OME}/clusterservingruntimes", runtime)
    wait_for(lambda: not cluster.api.there(f"{place}/web"), 60, what="its end, with the runtime made again")
    cluster.api.ask("DELETE", f"{OME}/clusterservingruntimes/short-lived-rt")


def test_nothing_can_be_created_while_the_controller_is_down(
    cluster: Cluster, webhooks: None, engines: None, namespace: str
) -> None:
    place = f"{OME}/namespaces/{namespace}/inferenceservices"
    cluster.stop("ome")
    try:
        status, told = cluster.api.call("POST", place, service(namespace, sample.MODEL, sample.RUNTIME))
    finally:
        cluster.start("ome")
    assert status == 500
    failed = 'failed calling webhook "inferenceservice.ome-webhook-server.defaulter": failed to call webhook: Post'
    assert failed in told["message"] and "connect: connection refused" in told["message"]


def ready_service(cluster: Cluster, place: str) -> Object | None:
    found: Object = cluster.api.ask("GET", place)
    conditions = (found.get("status") or {}).get("conditions") or ()
    return found if any(c["type"] == "Ready" and c["status"] == "True" for c in conditions) else None


def answer(cluster: Cluster, body: Object) -> str:
    """What is said to a request, as the recordings write it; nothing is stored."""
    kind, namespace = f"{body['kind'].lower()}s", body["metadata"]["namespace"]
    place = f"{OME}/namespaces/{namespace}/{kind}?dryRun=All&fieldValidation=Strict"
    status, told, warnings = cluster.api.exchange("POST", place, body)
    if status >= 300:
        return f"{status} {told['reason']} | {told['message']}"
    return " ".join(["ACCEPTED", *(f"WARNING: {warning}" for warning in warnings)])
