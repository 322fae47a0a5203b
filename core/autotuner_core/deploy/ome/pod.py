"""What a cluster demands of every pod, as the task says it once: placement, shared memory, pull secrets, identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.runtime import SHARED_MEMORY, Runtime

if TYPE_CHECKING:
    from autotuner_core.task.model import Kubernetes

GRACE_SECONDS = 5
"""Between SIGTERM and SIGKILL. Some servers ignore SIGTERM as process 1, and the next experiment waits for the GPUs."""
_SHM_VOLUME = "dshm"


def pod_settings(part: Kubernetes, runtime: Runtime | None) -> dict[str, Any]:
    """The fields of `spec.engine` that the kubernetes section sets, by OME's names. Lists that OME puts in place of the
    runtime's (tolerations) are given whole; maps and named lists it merges."""
    settings: dict[str, Any] = {}
    if part.node_selector:
        settings["nodeSelector"] = dict(part.node_selector)
    if part.tolerations:
        theirs = [dict(toleration) for toleration in runtime.tolerations] if runtime else []
        settings["tolerations"] = [*part.tolerations, *(one for one in theirs if one not in part.tolerations)]
    if part.priority_class:
        settings["priorityClassName"] = part.priority_class
    if part.image_pull_secrets:
        settings["imagePullSecrets"] = [{"name": name} for name in part.image_pull_secrets]
    if part.service_account:
        settings["serviceAccountName"] = part.service_account
    if part.shm_size:
        shared = {"medium": "Memory", "sizeLimit": part.shm_size}
        settings["volumes"] = [{"name": _shm_volume(runtime), "emptyDir": shared}]
    return settings


def volume_mounts(part: Kubernetes, runtime: Runtime | None) -> list[dict[str, str]]:
    """The mount of /dev/shm, where the task sets its size and the runtime does not mount it already (a path mounted
    twice makes a Deployment that Kubernetes refuses, without a word in the status)."""
    if not part.shm_size or (runtime is not None and runtime.shm_volume is not None):
        return []
    return [{"name": _SHM_VOLUME, "mountPath": SHARED_MEMORY}]


def _shm_volume(runtime: Runtime | None) -> str:
    """Of the same name as the runtime's, it is laid over it."""
    return runtime.shm_volume if runtime is not None and runtime.shm_volume else _SHM_VOLUME


def owner_reference(owner: Mapping[str, Any]) -> dict[str, Any]:
    """A reference to an owner: the object itself as the API gave it, or a reference already."""
    metadata = owner.get("metadata")
    named = metadata if isinstance(metadata, Mapping) else owner
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": named["name"],
        "uid": named["uid"],
    }
