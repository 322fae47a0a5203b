"""`check --cluster`, and the checks before a run, against a real API server: all that is in the way is said at once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from autotuner_core.deploy.ome.preflight import preflight
from autotuner_core.deploy.ome.rbac import render_rbac
from autotuner_core.findings import Finding, Severity
from autotuner_core.kube import kinds
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import Kind
from autotuner_core.plan.build import build_plan
from autotuner_core.resources import examples_folder
from autotuner_core.task.load import task_from_json
from autotuner_tui.cli.main import main
from cluster.cluster import Cluster
from cluster.images import BOX
from on_cluster.rbac_kinds import RBAC_KINDS, SERVICE_ACCOUNT
from on_cluster.rude_api import RudeApi, status
from waiting import wait_for

WHAT_IS_SEEN = ("cluster", "no_kubectl", "controller", "controller_unknown", "model_on")
"""Said of every cluster, and in no run's way."""
Make = Callable[[Kind, dict[str, Any]], dict[str, Any]]


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    """An administrator."""
    return KubeClient.connect(Access(cluster.kubeconfig))


@pytest.fixture
def make(client: KubeClient, namespace: str) -> Iterator[Make]:
    """Makes objects that are gone after the test."""
    made: list[tuple[Kind, str]] = []

    def create(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
        body = {"apiVersion": kind.api_version, "kind": kind.name, **body}
        made.append((kind, body["metadata"]["name"]))
        return client.create(kind, body, namespace if kind.namespaced else None)

    yield create
    for kind, name in reversed(made):
        client.delete(kind, name, namespace if kind.namespaced else None, propagation="Background")


def example(name: str, **spec: Any) -> dict[str, Any]:
    """An example object under a name of its own."""
    body: dict[str, Any] = YAML(typ="safe", pure=True).load((examples_folder() / "ome" / f"{name}.yaml").read_text())
    body["metadata"]["name"] = f"t{secrets.token_hex(4)}"
    body["spec"].update(spec)
    return body


@pytest.fixture
def model(make: Make) -> dict[str, Any]:
    return make(kinds.CLUSTER_BASE_MODEL, example("clusterbasemodel-llama-3-2-1b"))


@pytest.fixture
def runtime(make: Make) -> dict[str, Any]:
    return make(kinds.CLUSTER_SERVING_RUNTIME, example("clusterservingruntime-sglang"))


@pytest.fixture
def node(client: KubeClient, make: Make, model: dict[str, Any]) -> dict[str, Any]:
    """A node with 4 GPUs that has the model, and takes only the pods of this test."""
    name = f"n{secrets.token_hex(4)}"
    labels = {"test": name, f"models.ome.io/clusterbasemodel.{model['metadata']['name']}": "Ready"}
    taints = [{"key": "test", "value": name, "effect": "NoSchedule"}]
    made = make(kinds.NODE, {"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}})
    amounts = {"cpu": "64", "memory": "512Gi", "pods": "10", "nvidia.com/gpu": "4"}
    client.patch(kinds.NODE, name, {"status": {"capacity": amounts, "allocatable": amounts}}, subresource="status")
    return made


def task_of(namespace: str, **changes: Any) -> dict[str, Any]:
    return {
        "task_name": "chat",
        "model": {"name": "none", "namespace": namespace},
        "base_runtime": "none",
        "parameters": {"tp_size": {"type": "choice", "values": [1, 4]}},
        "optimization": {"objective": "maximize_throughput"},
        "benchmark": {"model_tokenizer": "m"},
        **changes,
    }


def fitting(namespace: str, model: Any, runtime: Any, node: Any, **changes: Any) -> dict[str, Any]:
    """A task that may run on the test's node."""
    place = {
        "node_selector": {"test": node["metadata"]["name"]},
        "tolerations": [{"operator": "Exists"}],  # a node without a kubelet is tainted as unreachable by and by
    }
    named = {
        "model": {"name": model["metadata"]["name"], "namespace": namespace},
        "base_runtime": runtime["metadata"]["name"],
    }
    return task_of(namespace, **{**named, "kubernetes": place, **changes})


def found(client: KubeClient, task: dict[str, Any], *, direct: bool = True, namespace: str = "") -> list[Finding]:
    made = task_from_json(task)
    where = namespace or made.model.namespace or ""
    findings = preflight(client, made, build_plan(made, direct=direct), namespace=where, direct=direct)
    return [one for one in findings if one.code not in WHAT_IS_SEEN]


def codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def test_a_run_that_nothing_is_in_the_way_of_is_refused(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    assert found(client, fitting(namespace, model, runtime, node)) == []
    task = fitting(namespace, model, runtime, node)
    task["kubernetes"]["pvc"] = {"name": "results", "storage_class": ""}
    inside = found(client, task, direct=False)
    assert codes(inside) == {"benchmark_image", "claim_to_be_made"}
    assert all(finding.severity is Severity.NOTE for finding in inside)


def in_job(client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any, **changes: Any) -> set[str]:
    """What is found of a task whose load comes from inside the cluster; sections of `changes` are laid over."""
    task = fitting(namespace, model, runtime, node)
    for section, keys in changes.items():
        task[section] = {**task[section], **keys}
    return codes(found(client, task, direct=False))


def test_a_load_generator_that_fits_on_no_node_is_found_out_by_the_first_experiment(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    amounts = {"requests": {"cpu": "128"}, "limits": {"cpu": "128"}}
    assert "load_does_not_fit" in in_job(client, namespace, model, runtime, node, benchmark={"resources": amounts})
    amounts = {"requests": {"cpu": "4"}, "limits": {"cpu": "4"}}
    assert "load_does_not_fit" not in in_job(client, namespace, model, runtime, node, benchmark={"resources": amounts})


def test_what_is_in_the_way_of_the_load_is_told_only_when_its_model_is_there(
    client: KubeClient, namespace: str, runtime: Any, node: Any
) -> None:
    missing = {"metadata": {"name": "no-such-model"}}
    amounts = {"requests": {"cpu": "128"}, "limits": {"cpu": "128"}}
    told = in_job(client, namespace, missing, runtime, node, benchmark={"resources": amounts})
    assert {"model_unknown", "load_does_not_fit"} <= told


def test_a_claim_that_gets_no_volume_is_found_out_by_the_first_experiment(
    client: KubeClient, make: Make, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    about = (client, namespace, model, runtime, node)
    unknown = {"pvc": {"name": "results", "storage_class": "fast"}}
    assert "storage_class_unknown" in in_job(*about, kubernetes=unknown)
    assert "no_default_class" in in_job(*about)
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    make(
        kinds.STORAGE_CLASS,
        {
            "metadata": {"name": f"c{secrets.token_hex(4)}", "annotations": annotations},
            "provisioner": "example.com/none",
        },
    )
    assert "claim_to_be_made" in in_job(*about)
    spec = {"accessModes": ["ReadOnlyMany"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": ""}
    make(kinds.PVC, {"metadata": {"name": "results"}, "spec": spec})
    assert "claim" in in_job(*about, kubernetes={"pvc": {"name": "results"}})


def test_experiments_at_the_same_time_make_claims_that_nobody_expects(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    together = {"max_parallel": 2}
    about = (client, namespace, model, runtime, node)
    assert "more_claims" in in_job(*about, optimization=together)
    shared = {"pvc": {"name": "results", "access_mode": "ReadWriteMany"}}
    assert "more_claims" not in in_job(*about, optimization=together, kubernetes=shared)


def test_a_model_that_ome_cannot_load_by_its_jobs_is_waited_for_in_vain(
    client: KubeClient, make: Make, namespace: str, runtime: Any, node: Any
) -> None:
    storage = {"storageUri": "pvc://models/llama"}
    model = make(kinds.CLUSTER_BASE_MODEL, example("clusterbasemodel-llama-3-2-1b", storage=storage))
    assert "model_on_claim" in in_job(client, namespace, model, runtime, node)


def test_a_class_or_a_queue_that_nobody_made_is_met_by_the_first_experiment(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    wish = {"priority_class": "urgent", "labels": {"kueue.x-k8s.io/queue-name": "tuning"}}
    assert {"priority_unknown", "queue_unknown"} <= in_job(client, namespace, model, runtime, node, kubernetes=wish)
    wish = {"priority_class": "system-cluster-critical"}
    assert "priority_unknown" not in in_job(client, namespace, model, runtime, node, kubernetes=wish)


def told(client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any, **changes: Any) -> dict[str, Finding]:
    """All that is said of a task that may run on the test's node, by its code."""
    task = task_from_json(fitting(namespace, model, runtime, node, **changes))
    findings = preflight(client, task, build_plan(task, direct=True), namespace=namespace, direct=True)
    return {finding.code: finding for finding in findings}


def test_on_which_nodes_a_model_lies_is_asked_of_an_administrator(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    assert f"nodes: {node['metadata']['name']}" in told(client, namespace, model, runtime, node)["model_on"].message


def test_a_controller_that_does_not_run_is_found_out_by_waiting(
    client: KubeClient, cluster: Cluster, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    about = (client, namespace, model, runtime, node)
    assert told(*about)["controller_unknown"].severity is Severity.NOTE
    box = {"name": "manager", "image": BOX, "imagePullPolicy": "Never", "command": ["sleep", "1000"]}
    labels = {"control-plane": "ome-controller-manager"}
    template = {"metadata": {"labels": labels}, "spec": {"terminationGracePeriodSeconds": 0, "containers": [box]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    name = "ome-controller-manager"
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
    client.create(kinds.DEPLOYMENT, body, "ome")
    try:
        off = told(*about)["controller_gone"]
        assert off.severity is Severity.ERROR and "scale" in off.cure
        cluster.kubectl(*off.cure.split()[1:])  # the cure is a command, and cures
        wait_for(lambda: "controller" in told(*about), 30)
        assert BOX in told(*about)["controller"].message
    finally:
        client.delete(kinds.DEPLOYMENT, name, "ome", propagation="Foreground")
        wait_for(lambda: client.get(kinds.DEPLOYMENT, name, "ome") is None, 30)


def test_a_limit_range_that_refuses_the_pods_of_a_run_is_met_by_the_first_experiment(
    client: KubeClient, make: Make, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    def limits(kind: str, **rule: Any) -> str:
        name = f"l{secrets.token_hex(4)}"
        make(kinds.LIMIT_RANGE, {"metadata": {"name": name}, "spec": {"limits": [{"type": kind, **rule}]}})
        return name

    one_gpu = limits("Container", max={"nvidia.com/gpu": "1"})
    [finding] = found(client, fitting(namespace, model, runtime, node))
    assert (finding.code, finding.severity) == ("limit_range", Severity.WARNING), "the other configuration is let in"
    assert f"{one_gpu} refuses an engine of 4 GPUs" in finding.message and one_gpu in finding.cure
    client.delete(kinds.LIMIT_RANGE, one_gpu, namespace, propagation="Background")
    limits("Pod", max={"cpu": "1"})
    limits("PersistentVolumeClaim", max={"storage": "512Mi"})
    task = fitting(namespace, model, runtime, node)
    task["kubernetes"]["pvc"] = {"name": "results", "storage_class": ""}
    refused = [one.message for one in found(client, task, direct=False) if one.code == "limit_range"]
    assert any("the load generator's pod: it asks for 2 cpu" in message for message in refused)
    assert any("the claim results: 1Gi, not 512Mi" in message for message in refused)


def test_a_quota_without_room_for_the_load_generator_stops_the_first_experiment(
    client: KubeClient, make: Make, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    make(kinds.RESOURCE_QUOTA, {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}})
    wait_for(lambda: (client.get(kinds.RESOURCE_QUOTA, "few", namespace) or {}).get("status", {}).get("hard"), 20)
    assert "quota" not in in_direct(client, namespace, model, runtime, node)
    assert "quota" in in_job(client, namespace, model, runtime, node)


def in_direct(client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any) -> set[str]:
    return codes(found(client, fitting(namespace, model, runtime, node)))


def test_nothing_is_said_until_all_is_known(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    task, seen = task_from_json(fitting(namespace, model, runtime, node, base_runtime="none")), list[set[str]]()
    plan = build_plan(task, direct=True)
    whole = preflight(
        client, task, plan, namespace=namespace, direct=True, so_far=lambda some: seen.append(codes(some))
    )
    assert all(before <= after for before, after in pairwise(seen)) and seen[-1] == codes(whole)
    assert "runtime_unknown" not in seen[0] and "runtime_unknown" in seen[-1]


def test_a_cluster_that_breaks_off_is_asked_again_for_each_thing(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    rude = RudeApi(cluster, tmp_path)
    try:
        rude.answer(r" /apis/(?!authorization)", status(503, "ServiceUnavailable", "etcd is gone"))
        broken = KubeClient.connect(Access(rude.kubeconfig)).patient(seconds=0)
        findings = found(broken, task_of(namespace))
        assert [one.code for one in findings if one.severity is Severity.ERROR] == ["api_unreachable"]
        assert rude.answered.total() == 1
    finally:
        rude.close()


def test_things_in_the_way_are_told_one_after_the_other(client: KubeClient, namespace: str, node: Any) -> None:
    findings = found(client, task_of(namespace, kubernetes={"node_selector": {"test": "nowhere"}}))
    assert codes(findings) == {"model_unknown", "runtime_unknown", "no_node"}
    assert all(finding.cure for finding in findings)


def test_a_name_that_is_nearly_right_is_not_corrected(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    name = runtime["metadata"]["name"]
    task = fitting(namespace, model, runtime, node, base_runtime=f"{name}x")
    [finding] = found(client, task)
    assert finding.code == "runtime_unknown" and name in finding.cure


def test_model_and_runtime_that_are_disabled_or_do_not_fit_are_found_out_by_waiting(
    client: KubeClient, namespace: str, model: Any, make: Make, node: Any
) -> None:
    other = example("clusterservingruntime-sglang", disabled=True, modelSizeRange={"min": "7B", "max": "70B"})
    runtime = make(kinds.CLUSTER_SERVING_RUNTIME, other)
    client.patch(kinds.CLUSTER_BASE_MODEL, model["metadata"]["name"], {"spec": {"disabled": True}})
    findings = found(client, fitting(namespace, model, runtime, node))
    assert codes(findings) == {"model_disabled", "runtime_disabled", "runtime_mismatch"}
    assert "7B to 70B" in " ".join(finding.message for finding in findings)


def test_a_configuration_that_fits_on_no_node_is_found_out_by_waiting(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    sizes = {"tp_size": {"type": "choice", "values": [1, 8]}}
    [finding] = found(client, fitting(namespace, model, runtime, node, parameters=sizes))
    assert (finding.code, finding.severity) == ("does_not_fit", Severity.WARNING)
    assert "needs 8 nvidia.com/gpu, largest node has 4 in all" in finding.message


def test_a_quota_that_refuses_every_engine_is_found_out_by_waiting(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any, make: Make
) -> None:
    hard = {"requests.nvidia.com/gpu": "2"}
    make(kinds.RESOURCE_QUOTA, {"metadata": {"name": "gpus"}, "spec": {"hard": hard}})
    wait_for(lambda: (client.get(kinds.RESOURCE_QUOTA, "gpus", namespace) or {}).get("status", {}).get("hard"), 20)
    [finding] = found(client, fitting(namespace, model, runtime, node))
    assert (finding.code, finding.severity) == ("quota", Severity.WARNING)
    assert "4 requests.nvidia.com/gpu: it allows 2" in finding.message


def test_an_object_that_the_cluster_would_not_take_is_met_by_the_first_experiment(
    client: KubeClient, least: KubeClient, namespace: str, model: Any, runtime: Any, node: Any, make: Make
) -> None:
    make(
        kinds.RESOURCE_QUOTA, {"metadata": {"name": "none"}, "spec": {"hard": {"count/inferenceservices.ome.io": "0"}}}
    )
    wait_for(lambda: (client.get(kinds.RESOURCE_QUOTA, "none", namespace) or {}).get("status", {}).get("hard"), 20)
    for who in (client, least):
        (told,) = [one for one in found(who, fitting(namespace, model, runtime, node)) if one.code == "refused"]
        assert "exceeded quota: none" in told.message and f"resourcequota -n {namespace}." in told.cure


def test_a_namespace_that_is_missing_stops_the_check(client: KubeClient, model: Any, runtime: Any, node: Any) -> None:
    task = fitting("no-such-namespace", model, runtime, node)
    [finding] = found(client, task)
    assert finding.code == "namespace" and finding.severity is Severity.NOTE  # an administrator's run makes it


def test_a_field_of_a_template_that_ome_does_not_know_is_found_out_by_the_first_experiment(
    client: KubeClient, namespace: str, model: Any, runtime: Any, node: Any, tmp_path: Path
) -> None:
    from autotuner_core.resources import templates_folder

    text = (templates_folder() / "inference_service.yaml.j2").read_text()
    (tmp_path / "inference_service.yaml.j2").write_text(text.replace("  engine:\n", "  engine:\n    shmSize: 1Gi\n", 1))
    task = task_from_json(fitting(namespace, model, runtime, node))
    findings = preflight(
        client, task, build_plan(task, direct=True), namespace=namespace, direct=True, templates=tmp_path
    )
    told = [finding for finding in findings if finding.code == "unknown_field"]
    assert [("spec.engine.shmSize" in finding.message) for finding in told] == [True]


def client_of(client: KubeClient, namespace: str, account: str, folder: Path) -> Path:
    """A kubeconfig of a service account."""
    request = Kind("authentication.k8s.io", "v1", f"serviceaccounts/{account}/token", "TokenRequest")
    path = Kind("", "v1", request.plural, "TokenRequest")
    body = {"apiVersion": request.api_version, "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = client.create(path, body, namespace)["status"]["token"]
    read = YAML(typ="safe", pure=True).load(client.kubeconfig_files[0].read_text())
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "tuner", "clusters": read["clusters"],
        "users": [{"name": "tuner", "user": {"token": token}}],
        "contexts": [{"name": "tuner", "context": {"cluster": read["clusters"][0]["name"], "user": "tuner"}}],
    }  # fmt: skip
    file = folder / f"{account}.kubeconfig"
    file.write_text(json.dumps(config))
    return file


@pytest.fixture
def least(client: KubeClient, namespace: str, make: Make, tmp_path: Path) -> KubeClient:
    """One who has the rights that the RBAC file gives, the optional ones left out."""
    for body in YAML(typ="safe", pure=True).load_all(render_rbac(namespace, name="tuner")):
        if not body["metadata"]["name"].endswith("-optional"):
            make(RBAC_KINDS[body["kind"]], body)
    restricted = KubeClient.connect(Access(client_of(client, namespace, "tuner", tmp_path)))
    wait_for(
        lambda: restricted.may("get", kinds.POD, namespace).allowed and restricted.may("get", kinds.NODE).allowed, 20
    )
    return restricted


def test_the_least_rights_are_too_few_or_what_they_hide_is_not_said(
    least: KubeClient, namespace: str, model: Any, runtime: Any, node: Any
) -> None:
    findings = found(least, fitting(namespace, model, runtime, node))
    assert {finding.severity for finding in findings} == {Severity.NOTE}
    assert codes(findings) <= {"right_missing", "not_known"}
    told = " ".join(finding.message for finding in findings)
    assert "which GPUs are free" in told and "quotas" in told
    assert "get configmaps cluster-autoscaler-status" in told, "not: all ConfigMaps of the cluster"


def test_what_omes_webhooks_refuse_is_told_twice(client: KubeClient, webhooks: None, namespace: str) -> None:
    told = [one.code for one in found(client, task_of(namespace)) if one.severity is Severity.ERROR]
    assert sorted(told) == ["model_unknown", "runtime_unknown"]


def test_missing_rights_are_met_one_by_one_in_the_middle_of_a_run(
    client: KubeClient, namespace: str, make: Make, tmp_path: Path
) -> None:
    make(SERVICE_ACCOUNT, {"metadata": {"name": "nobody"}})
    nobody = KubeClient.connect(Access(client_of(client, namespace, "nobody", tmp_path)))
    findings = found(nobody, task_of(namespace))
    missing = [
        finding for finding in findings if finding.code == "right_missing" and finding.severity is Severity.ERROR
    ]
    told = " ".join(finding.message for finding in missing)
    for right in ("create, patch, delete inferenceservices.ome.io", "pods/log", "pods/portforward", "jobs.batch"):
        assert right in told
    assert all("new --rbac" in finding.cure for finding in missing)


def test_the_command_says_nothing_of_the_cluster(
    client: KubeClient, namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = tmp_path / "task.json"
    task.write_text(json.dumps(task_of(namespace), indent=1))
    words = ["--cluster", "--direct", "--json", "--kubeconfig", str(client.kubeconfig_files[0])]
    assert main(["check", str(task), *words]) == 2
    said = json.loads(capsys.readouterr().out)
    by_code = {finding["code"]: finding for finding in said["findings"]}
    assert {"cluster", "model_unknown", "runtime_unknown"} <= set(by_code)
    assert by_code["model_unknown"]["line"] == 4


def test_a_cluster_that_does_not_answer_is_a_traceback(
    client: KubeClient, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = client_of(client, namespace, "default", tmp_path)
    config = json.loads(file.read_text())
    config["users"][0]["user"]["token"] = "expired"
    file.write_text(json.dumps(config))
    expired = KubeClient.connect(Access(file))
    assert codes(found(expired, task_of(namespace))) == {"credentials_expired"}
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    file.write_text(json.dumps(config))
    away = KubeClient.connect(Access(file)).patient(seconds=0)
    assert codes(found(away, task_of(namespace))) == {"api_unreachable"}
