"""The test cluster is a cluster: what the tests that stand on it take for granted."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cluster.cluster import Cluster
from cluster.host_python import host_python
from cluster.pods import box, container_of, create, pod_of, wait_ready
from waiting import wait_for

MISBEHAVING = Path(__file__).resolve().parents[1] / "misbehaving.py"


def log_when_done(cluster: Cluster, namespace: str, pod: str) -> str:
    wait_for(lambda: pod_of(cluster, namespace, pod)["status"]["phase"] in ("Succeeded", "Failed"), 120, what=pod)
    return cluster.kubectl("logs", pod, "-n", namespace)


@contextmanager
def forwarded(cluster: Cluster, namespace: str, target: str, port: int) -> Iterator[int]:
    """A port of this machine that leads to a pod's, by the kubectl and kubeconfig that anybody outside has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        local = free.getsockname()[1]
    command = [cluster.bin / "kubectl", "--kubeconfig", cluster.kubeconfig, "-n", namespace, "port-forward"]
    with subprocess.Popen([*command, target, f"{local}:{port}"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and "Forwarding" in process.stdout.readline()
            yield local
        finally:
            process.kill()


def test_an_engine_of_the_host_runs_in_a_pod_and_answers_through_a_port_forward(
    cluster: Cluster, namespace: str
) -> None:
    words = [MISBEHAVING, "--host", "0.0.0.0", "--port", "8080", "--model", "in-a-pod"]
    probe = {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1}
    create(cluster, namespace, host_python(MISBEHAVING.parent).pod("engine", words, readinessProbe=probe))
    wait_ready(cluster, namespace, "engine")
    with forwarded(cluster, namespace, "pod/engine", 8080) as port:
        answer = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=10))
    assert answer["data"][0]["id"] == "in-a-pod"
    assert "listening on" in cluster.kubectl("logs", "engine", "-n", namespace)


def test_a_pod_finds_a_service_by_its_name(cluster: Cluster, namespace: str) -> None:
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }  # fmt: skip
    ask = "import urllib.request; print(urllib.request.urlopen('http://web/health', timeout=10).read())"
    web = host_python(MISBEHAVING.parent).pod("web", [MISBEHAVING, "--host", "0.0.0.0", "--port", "8080"])
    create(cluster, namespace, service, web)
    wait_ready(cluster, namespace, "web")
    wait_for(lambda: cluster.kubectl("get", "endpoints", "web", "-n", namespace, "-o", "jsonpath={.subsets[*].ports}"))
    asking = host_python().pod("asks", ["-c", ask])
    asking["spec"]["restartPolicy"] = "Never"
    create(cluster, namespace, asking)
    assert '"status": "ok"' in log_when_done(cluster, namespace, "asks")


def test_the_memory_limit_kills(cluster: Cluster, namespace: str) -> None:
    hog = host_python().pod("hog", ["-c", "b'x' * 500_000_000"], resources={"limits": {"memory": "40Mi"}})
    hog["spec"]["restartPolicy"] = "Never"
    create(cluster, namespace, hog)
    wait_for(lambda: pod_of(cluster, namespace, "hog")["status"]["phase"] == "Failed")
    container = container_of(cluster, namespace, "hog")
    assert container["state"]["terminated"]["reason"] == "OOMKilled"


def test_gpus_are_given_out_and_run_out(cluster: Cluster, namespace: str) -> None:
    want = {"resources": {"limits": {"nvidia.com/gpu": "5"}}}
    create(cluster, namespace, box("first", "sleep 600", **want))
    wait_ready(cluster, namespace, "first")
    create(cluster, namespace, box("second", "sleep 600", **want))
    conditions = wait_for(lambda: pod_of(cluster, namespace, "second")["status"].get("conditions"))
    assert "1 Insufficient nvidia.com/gpu" in conditions[0]["message"]


@pytest.mark.parametrize(
    ("image", "told"),
    [("docker.io/lmsysorg/sglang:v9", "not found"), ("ghcr.io/private/engine:1", "401 Unauthorized")],
)
def test_a_missing_image_is_told_as_a_registry_tells_it(
    image: str, told: str, cluster: Cluster, namespace: str
) -> None:
    create(cluster, namespace, box("missing", "true", image=image))

    def message() -> str:
        statuses = pod_of(cluster, namespace, "missing")["status"].get("containerStatuses", [{}])
        return statuses[0].get("state", {}).get("waiting", {}).get("message", "")

    assert told in wait_for(message, what="what the registry said")


@pytest.mark.parametrize("part", ["apiserver", "kubelet"])
def test_pods_outlive_a_restart(part: str, cluster: Cluster, namespace: str) -> None:
    create(cluster, namespace, box("stays", "sleep 600", resources={"limits": {"nvidia.com/gpu": "1"}}))
    wait_ready(cluster, namespace, "stays")
    cluster.restart(part)
    container = container_of(cluster, namespace, "stays")
    assert container["restartCount"] == 0 and "running" in container["state"]


def test_the_command_line_tells_how_to_begin(cluster: Cluster) -> None:
    words = [sys.executable, "-m", "tests.cluster", "shell", "--name", cluster.name, "--", "kubectl", "get", "nodes"]
    done = subprocess.run(words, cwd=MISBEHAVING.parents[1], capture_output=True, text=True, timeout=30)
    assert "node-0" in done.stdout, done.stderr
