"""Nodes that are only objects, by the dozen, with GPUs that are only numbers: kwok says that they are there, and that
what is scheduled onto them runs. Nothing runs, and nothing answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import build
from .cluster import Cluster
from .network import NODE_ADDRESS, locked
from .places import CACHE, LOCKS, Place

PART = "kwok"
PORT = 10247
SELECTOR = {"test-cluster/node": "fake"}
"""What a pod that is to go there selects."""
SECONDS = 120
LEASE_SECONDS = 40
"""Renewed every quarter of it: after 20 s without one the cluster takes a node to be gone."""
LOG_LINE = "2026-01-01T00:00:00.000000000Z stdout F nothing runs here\n"


@contextmanager
def fake_nodes(cluster: Cluster, count: int, labels: dict[str, str], gpus: int = 8) -> Iterator[None]:
    """So many nodes for as long as it lasts. Pods on them are Ready at once. Raises ClusterError."""
    program = _program()
    cluster.parts.start(PART, _command(cluster.place, program))
    names = [f"fake-{number}" for number in range(count)]
    try:
        for name in names:
            cluster.api.ask("POST", "/api/v1/nodes", _node(name, {**SELECTOR, **labels}, gpus))
        cluster.parts.wait(PART, lambda: all(_is_ready(cluster, name) for name in names), SECONDS)
        yield
    finally:
        cluster.parts.stop(PART)
        for pod in _pods_on(cluster, names):  # nobody is left to say that they have ended
            cluster.api.call("DELETE", f"{pod}?gracePeriodSeconds=0")
        for name in names:
            cluster.api.call("DELETE", f"/api/v1/nodes/{name}")


def _program() -> Path:
    """kwok, built where it is not there (cold it takes minutes)."""
    folder = CACHE / "bin" / f"kwok-{build.digest((PART,))}"
    with locked(LOCKS / "build.lock"):
        if not (folder / ".built").exists():
            build.build_module(PART, folder)
            (folder / ".built").touch()
    return folder / "kwok"


def _command(place: Place, program: Path) -> list[str | Path]:
    """How it is called; its settings are written. The API server asks it for logs as it asks kubelets, by TLS."""
    said = place.state / "fake.log"
    said.write_text(LOG_LINE)
    settings = place.state / "kwok.yaml"
    logs = {"logs": [{"logsFile": str(said), "follow": True}]}
    settings.write_text(
        json.dumps({
            "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "ClusterLogs", "metadata": {"name": "all"}, "spec": logs,
        })
    )  # fmt: skip
    return [
        program, "--config", settings, "--kubeconfig", place.kubeconfig,
        "--manage-nodes-with-annotation-selector", "kwok.x-k8s.io/node=fake",
        "--node-lease-duration-seconds", str(LEASE_SECONDS),
        "--node-ip", NODE_ADDRESS, "--node-port", str(PORT), "--server-address", f"{NODE_ADDRESS}:{PORT}",
        "--tls-cert-file", place.pki / "apiserver.crt", "--tls-private-key-file", place.pki / "apiserver.key",
    ]  # fmt: skip


def _node(name: str, labels: dict[str, str], gpus: int) -> dict[str, Any]:
    amounts = {"cpu": "64", "memory": "512Gi", "pods": "110", "nvidia.com/gpu": str(gpus)}
    about = {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": labels}
    return {"metadata": about, "status": {"capacity": amounts, "allocatable": amounts}}


def _is_ready(cluster: Cluster, name: str) -> bool:
    status, node = cluster.api.call("GET", f"/api/v1/nodes/{name}")
    conditions = node.get("status", {}).get("conditions", []) if status == 200 else []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _pods_on(cluster: Cluster, names: list[str]) -> list[str]:
    """Their paths."""
    pods = cluster.api.ask("GET", "/api/v1/pods")["items"]
    about = [pod["metadata"] for pod in pods if pod["spec"].get("nodeName") in names]
    return [f"/api/v1/namespaces/{each['namespace']}/pods/{each['name']}" for each in about]
