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

from cluster import cgroups, lifecycle
from cluster.cluster import Cluster
from cluster.host_python import host_python
from cluster.images import BOX
from cluster.parts import KUBERNETES
from cluster.places import Place
from waiting import wait_for

MISBEHAVING = Path(__file__).resolve().parents[1] / "misbehaving.py"


def pod_of(cluster: Cluster, namespace: str, name: str) -> dict:
    return json.loads(cluster.kubectl("get", "pod", name, "-n", namespace, "-o", "json"))


def box(name: str, script: str, **container: object) -> dict:
    contained = {"name": name, "image": BOX, "command": ["sh", "-c", script], **container}
    spec = {"containers": [contained], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def create(cluster: Cluster, namespace: str, *objects: dict) -> None:
    for one in objects:
        cluster.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(one))


def log_when_done(cluster: Cluster, namespace: str, pod: str) -> str:
    wait_for(lambda: pod_of(cluster, namespace, pod)["status"]["phase"] in ("Succeeded", "Failed"), 30, what=pod)
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
    cluster.kubectl("wait", "--for", "condition=Ready", "pod/engine", "-n", namespace, "--timeout", "30s")
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
    create(
        cluster, namespace, service,
        host_python(MISBEHAVING.parent).pod("web", [MISBEHAVING, "--host", "0.0.0.0", "--port", "8080"]),
    )  # fmt: skip
    cluster.kubectl("wait", "--for", "condition=Ready", "pod/web", "-n", namespace, "--timeout", "30s")
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
    (container,) = pod_of(cluster, namespace, "hog")["status"]["containerStatuses"]
    assert container["state"]["terminated"]["reason"] == "OOMKilled"


def test_gpus_are_given_out_and_run_out(cluster: Cluster, namespace: str) -> None:
    want = {"resources": {"limits": {"nvidia.com/gpu": "5"}}}
    create(cluster, namespace, box("first", "sleep 600", **want))
    cluster.kubectl("wait", "--for", "condition=Ready", "pod/first", "-n", namespace, "--timeout", "30s")
    create(cluster, namespace, box("second", "sleep 600", **want))
    conditions = wait_for(lambda: pod_of(cluster, namespace, "second")["status"].get("conditions"))
    assert "1 Insufficient nvidia.com/gpu" in conditions[0]["message"]


@pytest.mark.parametrize("part", ["apiserver", "kubelet"])
def test_pods_outlive_a_restart(part: str, cluster: Cluster, namespace: str) -> None:
    create(cluster, namespace, box("stays", "sleep 600", resources={"limits": {"nvidia.com/gpu": "1"}}))
    cluster.kubectl("wait", "--for", "condition=Ready", "pod/stays", "-n", namespace, "--timeout", "30s")
    cluster.restart(part)
    (container,) = pod_of(cluster, namespace, "stays")["status"]["containerStatuses"]
    assert container["restartCount"] == 0 and "running" in container["state"]


def test_clusters_stand_side_by_side_and_leave_nothing(cluster: Cluster, namespace: str) -> None:
    """Killed in the middle or taken down: no process, interface, mount, control group or file."""
    place = Place("side-by-side")
    create(cluster, namespace, box("neighbour", "sleep 600"))
    try:
        other = lifecycle.up(place, gpus=2, ome="1.2.2", tied=True, say=print)
        create(other, "autotuner", box("ours", "sleep 600", resources={"limits": {"nvidia.com/gpu": "2"}}))
        other.kubectl("wait", "--for", "condition=Ready", "pod/ours", "--timeout", "30s")
        cluster.kubectl("wait", "--for", "condition=Ready", "pod/neighbour", "-n", namespace, "--timeout", "30s")
        (container,) = pod_of(cluster, namespace, "neighbour")["status"]["containerStatuses"]
        assert container["restartCount"] == 0  # a kubelet that took the neighbour's groups for its own would end it
        processes = {part: other.parts.pid(part) for part in KUBERNETES}
        assert all(processes.values())
    finally:
        lifecycle.down(place)
    assert not place.state.exists() and not place.lock.exists()
    assert not Path(f"/sys/class/net/{place.interface}").exists()
    assert not [group for group in cgroups.roots(place.cgroup) if group.exists()]
    assert str(place.state) not in Path("/proc/self/mountinfo").read_text()
    left = subprocess.run(["grep", "-lsF", str(place.state), *map(str, Path("/proc").glob("[0-9]*/cmdline"))],
                          capture_output=True, text=True).stdout.split()  # fmt: skip
    assert [path for path in left if "grep" not in Path(path).read_text()] == []


def test_the_command_line_tells_how_to_begin(cluster: Cluster) -> None:
    words = [sys.executable, "-m", "tests.cluster", "shell", "--name", cluster.name, "--", "kubectl", "get", "nodes"]
    done = subprocess.run(words, cwd=MISBEHAVING.parents[1], capture_output=True, text=True, timeout=30)
    assert "node-0" in done.stdout, done.stderr
