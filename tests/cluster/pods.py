"""Small pods, and what becomes of them: for tests."""

from __future__ import annotations

import json
from typing import Any

from .cluster import Cluster
from .images import BOX


def box(name: str, script: str, **container: Any) -> dict[str, Any]:
    """A pod that runs a shell script once, with busybox and no Python; `container` adds to its container."""
    contained = {"name": name, "image": BOX, "command": ["sh", "-c", script], **container}
    spec = {"containers": [contained], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def create(cluster: Cluster, namespace: str, *objects: dict[str, Any]) -> None:
    """Create objects of any kind, strictly validated."""
    listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    cluster.kubectl("create", "--validate=strict", "-n", namespace, "-f", "-", input=json.dumps(listed))


def wait_ready(cluster: Cluster, namespace: str, pod: str, seconds: int = 120) -> None:
    """Until a pod is Ready. Raises ClusterError when the time is over."""
    words = ("--for", "condition=Ready", f"pod/{pod}", "-n", namespace, "--timeout", f"{seconds}s")
    cluster.kubectl("wait", *words, seconds=seconds + 10)


def pod_of(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    """A pod as the API has it."""
    pod = json.loads(cluster.kubectl("get", "pod", name, "-n", namespace, "-o", "json"))
    assert isinstance(pod, dict)
    return pod


def container_of(cluster: Cluster, namespace: str, pod: str) -> dict[str, Any]:
    """The status of a pod's only container."""
    (container,) = pod_of(cluster, namespace, pod)["status"]["containerStatuses"]
    assert isinstance(container, dict)
    return container
