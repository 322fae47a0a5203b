"""What a running service's pod carries, as a task's `kubernetes` section says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autotuner_core.deploy.ome.runtime import SHARED_MEMORY
from autotuner_core.task.redact import looks_secret

_QUEUE_PREFIX = "kueue.x-k8s.io/"
_DEFAULT_GPUS = "nvidia.com/gpu"
_GPU_PREFIXES = ("nvidia.com/", "amd.com/", "gpu.intel.com/", "habana.ai/")
_TOLERATION = ("key", "operator", "value", "effect", "tolerationSeconds")


def environment_of(variables: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """The variables by name: a text, or `("secret", "key")` for one that comes out of a secret. With them what was left
    out, in words."""
    taken: dict[str, Any] = {}
    notes = []
    for variable in variables:
        name, source = str(variable.get("name")), variable.get("valueFrom")
        if isinstance(source, Mapping):
            reference = source.get("secretKeyRef")
            if isinstance(reference, Mapping):
                taken[name] = (str(reference.get("name")), str(reference.get("key")))
            else:
                notes.append(f"the variable {name} comes from {', '.join(source)}, and was left out")
        elif looks_secret(name):
            notes.append(
                f"the variable {name} looks like a secret and was left out: put it into kubernetes.env_from_secrets"
            )
        elif name != "PROTOCOL_VERSION":
            taken[name] = str(variable.get("value") or "")
    return taken, notes


def kubernetes_of(
    engine: Mapping[str, Any], metadata: Mapping[str, Any], variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The section, of what is set. Of the labels only a queue's are taken: by others a Service of production might take
    the tuned engines for its own."""
    runner = engine.get("runner") or {}
    labels = {**(metadata.get("labels") or {}), **(engine.get("labels") or {})}
    section = {
        "labels": {key: str(value) for key, value in labels.items() if key.startswith(_QUEUE_PREFIX)},
        "image": runner.get("image"),
        "node_selector": dict(engine.get("nodeSelector") or {}),
        "tolerations": [
            {key: one[key] for key in _TOLERATION if key in one} for one in engine.get("tolerations") or ()
        ],
        "priority_class": engine.get("priorityClassName"),
        "image_pull_secrets": [one["name"] for one in engine.get("imagePullSecrets") or () if one.get("name")],
        "service_account": engine.get("serviceAccountName"),
        "env_from_secrets": {name: "/".join(value) for name, value in variables.items() if isinstance(value, tuple)},
        "shm_size": _shared_memory(engine),
        **_resources(runner.get("resources") or {}),
    }
    return {key: value for key, value in section.items() if value}


def _shared_memory(engine: Mapping[str, Any]) -> str | None:
    mounts = (engine.get("runner") or {}).get("volumeMounts") or ()
    mounted = {mount.get("name") for mount in mounts if mount.get("mountPath") == SHARED_MEMORY}
    for volume in engine.get("volumes") or ():
        size = (volume.get("emptyDir") or {}).get("sizeLimit")
        if size and volume.get("name") in mounted:
            return str(size)
    return None


def _resources(resources: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, dict[str, Any]] = {}
    gpus = None
    for kind in ("requests", "limits"):
        for name, amount in (resources.get(kind) or {}).items():
            if name.startswith(_GPU_PREFIXES):
                gpus = name
            else:
                kept.setdefault(kind, {})[name] = amount
    return {"resources": kept, "gpu_resource": gpus if gpus != _DEFAULT_GPUS else None}
