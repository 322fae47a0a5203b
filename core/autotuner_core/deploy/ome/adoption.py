"""Whether what a dead host left is the very thing that would be made now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.controller import engine_ready
from autotuner_core.deploy.ome.manifest import Manifest
from autotuner_core.deploy.ome.watch import pods
from autotuner_core.kube.kinds import Kind

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient


def same_and_up(manifest: Manifest, service: Mapping[str, Any], its_pods: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a service is `same`, and up: OME says so, it is not being removed, its one pod is ready and was never
    restarted."""
    if service["metadata"].get("deletionTimestamp") or not engine_ready(service):
        return False
    if len(its_pods) != 1 or not pods.is_ready(its_pods[0]) or pods.restarts(its_pods[0]):
        return False
    return same(manifest.body, service)


def same(said: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether everything that is said of an object is in the one that was found; what the API server, the webhooks and
    the controller add is not compared."""
    about = {name: said["metadata"][name] for name in ("labels", "ownerReferences") if said["metadata"].get(name)}
    content = {name: said[name] for name in ("spec", "data") if name in said}
    return _is_in(content, found) and _is_in(about, found["metadata"])


def is_there(client: KubeClient, kind: Kind, said: Mapping[str, Any], namespace: str) -> bool:
    """Whether what is there under the object's name is the `same`: what could not be made since there is one may have
    been made, and the answer was lost. Raises KubeError."""
    found = client.get(kind, str(said["metadata"]["name"]), namespace)
    return found is not None and same(said, found)


def _is_in(said: Any, found: Any) -> bool:
    """Whether everything that is said is found. Lists are compared whole but for what is added within their items."""
    if isinstance(said, Mapping):
        return isinstance(found, Mapping) and all(_is_in(value, found.get(name)) for name, value in said.items())
    if isinstance(said, list):
        return isinstance(found, list) and len(said) == len(found) and all(map(_is_in, said, found))
    return bool(said == found)
