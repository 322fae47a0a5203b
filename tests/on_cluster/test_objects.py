"""What the tuner makes and what it ships, held against OME's real schemas by a real API server, strictly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from autotuner_core.deploy.ome.manifest import render_inference_service
from autotuner_core.deploy.ome.rbac import render_rbac
from autotuner_core.kube import kinds
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import Kind
from autotuner_core.plan.build import build_plan
from autotuner_core.resources import examples, examples_folder
from autotuner_core.task.load import load_task, task_from_json
from autotuner_tui.cli.main import main
from cluster.cluster import Cluster
from on_cluster.rbac_kinds import RBAC_KINDS

KINDS = {value.name: value for value in vars(kinds).values() if isinstance(value, Kind)} | RBAC_KINDS
RUNTIMES = ("clusterservingruntime-sglang", "clusterservingruntime-vllm")
CLUSTER_TASKS = ("simple_task", "all_keys")


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    return KubeClient.connect(Access(cluster.kubeconfig))


def bodies(text: str) -> list[dict[str, Any]]:
    return [body for body in YAML(typ="safe", pure=True).load_all(text) if body]


def refused(client: KubeClient, body: dict[str, Any], namespace: str) -> str:
    """Why the API server would not take an object, or an empty string. Nothing is made."""
    kind = KINDS[body["kind"]]
    body = json.loads(json.dumps(body))
    if kind.namespaced:
        body["metadata"]["namespace"] = namespace
    try:
        client.create(kind, body, namespace if kind.namespaced else None, dry_run=True)
    except KubeError as error:
        return "" if error.reason == "AlreadyExists" else str(error)
    return ""


@pytest.mark.parametrize("path", sorted((examples_folder() / "ome").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_example_objects_are_what_ome_takes(path: Path, client: KubeClient, namespace: str) -> None:
    for body in bodies(path.read_text()):
        assert not refused(client, body, namespace)


@pytest.mark.parametrize("runtime", [None, *RUNTIMES])
@pytest.mark.parametrize("task", CLUSTER_TASKS)
def test_every_experiment_of_the_example_tasks_is_what_ome_takes(
    task: str, runtime: str | None, client: KubeClient, namespace: str
) -> None:
    loaded = load_task(examples()[task]).task
    (body,) = bodies((examples_folder() / "ome" / f"{runtime}.yaml").read_text()) if runtime else (None,)
    for experiment in build_plan(loaded).experiments:
        manifest = render_inference_service(
            loaded, experiment.id, {**loaded.fixed, **experiment.parameters},
            run_id="20261125-7f3a", namespace=namespace, runtime=body,
        )  # fmt: skip
        assert not refused(client, manifest.body, namespace)


def test_a_field_that_ome_would_drop_in_silence_is_refused(client: KubeClient, namespace: str) -> None:
    """Else the tests above would prove nothing."""
    loaded = load_task(examples()["simple_task"]).task
    manifest = render_inference_service(loaded, 1, {"tp_size": 1}, run_id="7f3a", namespace=namespace)
    manifest.body["spec"]["engine"]["runner"]["argz"] = []
    assert "argz" in refused(client, manifest.body, namespace)


def test_what_is_read_back_is_what_was_rendered(client: KubeClient, namespace: str) -> None:
    loaded = load_task(examples()["all_keys"]).task
    parameters = {**loaded.fixed, **(loaded.baseline or {}), "chat_template": 'it\'s "a": #b\n\u2028\U0001f600'}
    manifest = render_inference_service(loaded, 7, parameters, run_id="7f3a", namespace=namespace)
    client.create(kinds.INFERENCE_SERVICE, manifest.body, namespace)
    try:
        there = client.get(kinds.INFERENCE_SERVICE, manifest.name, namespace)
        assert there is not None and there["spec"]["engine"]["runner"] == manifest.body["spec"]["engine"]["runner"]
        found, _ = client.list(kinds.INFERENCE_SERVICE, namespace, labels="autotuner.io/run=7f3a")
        assert [one["metadata"]["name"] for one in found] == [manifest.name]
    finally:
        client.delete(kinds.INFERENCE_SERVICE, manifest.name, namespace)


@pytest.fixture
def running(client: KubeClient, namespace: str) -> Iterator[str]:
    """A service as somebody made it by hand, and its runtime."""
    (runtime,) = bodies((examples_folder() / "ome" / "clusterservingruntime-sglang.yaml").read_text())
    runtime["metadata"]["name"] = f"{namespace}-runtime"
    engine = {
        "runner": {
            "name": "ome-container",
            "args": ["--port=8080", "--tp-size=2", "--mem-frac=0.85", "--api-key=very-secret"],
            "env": [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}}],
        },
        "nodeSelector": {"pool": "none"},
    }
    service = {
        "apiVersion": "ome.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "chat"},
        "spec": {"model": {"name": "m"}, "runtime": {"name": runtime["metadata"]["name"]}, "engine": engine},
    }
    client.create(kinds.CLUSTER_SERVING_RUNTIME, runtime)
    client.create(kinds.INFERENCE_SERVICE, service, namespace)
    yield "chat"
    client.delete(kinds.INFERENCE_SERVICE, "chat", namespace)
    client.delete(kinds.CLUSTER_SERVING_RUNTIME, runtime["metadata"]["name"])


def test_a_task_is_written_from_a_service_that_runs(
    running: str, client: KubeClient, namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "task.json"
    access = ["--namespace", namespace, *(["--kubeconfig", str(path)] if (path := client.access.kubeconfig) else [])]
    assert main(["new", "--from-isvc", running, "--output", str(target), *access]) == 0
    written = json.loads(target.read_text())
    task = task_from_json(written)
    assert task.baseline == {"tp_size": 2, "mem_fraction_static": 0.85}
    assert task.kubernetes.node_selector == {"pool": "none"}
    assert task.kubernetes.env_from_secrets == {"HF_TOKEN": "hf/token"} and "very-secret" not in target.read_text()
    assert main(["new", "--from-isvc", "nosuch", *access]) == 2
    said = capsys.readouterr().err
    assert (
        "note: api_key looks like a secret" in said
        and f"no InferenceService nosuch in the namespace {namespace}" in said
    )


def test_the_access_rights_are_what_the_cluster_takes_for_any_namespace(client: KubeClient, namespace: str) -> None:
    for body in bodies(render_rbac(namespace, name="someone")):
        assert not refused(client, body, namespace)
