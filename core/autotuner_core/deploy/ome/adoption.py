"""Whether a service that a dead host left is the very one that would be made now, and up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autotuner_core.deploy.ome.controller import engine_ready
from autotuner_core.deploy.ome.manifest import Manifest
from autotuner_core.deploy.ome.watch import pods


def same_and_up(manifest: Manifest, service: Mapping[str, Any], its_pods: Sequence[Mapping[str, Any]]) -> bool:
    """Up: OME says so, it is not being removed, its one pod is ready and was never restarted. The same: everything that
    the manifest says is in it; what the API server, the webhooks and the controller add is not compared."""
    if service["metadata"].get("deletionTimestamp") or not engine_ready(service):
        return False
    if len(its_pods) != 1 or not pods.is_ready(its_pods[0]) or pods.restarts(its_pods[0]):
        return False
    metadata = manifest.body["metadata"]
    said = {name: metadata[name] for name in ("labels", "ownerReferences") if metadata.get(name)}
    return _is_in(manifest.body["spec"], service["spec"]) and _is_in(said, service["metadata"])


def _is_in(said: Any, found: Any) -> bool:
    """Whether everything that is said is found. Lists are compared whole but for what is added within their items."""
    if isinstance(said, Mapping):
        return isinstance(found, Mapping) and all(_is_in(value, found.get(name)) for name, value in said.items())
    if isinstance(said, list):
        return isinstance(found, list) and len(said) == len(found) and all(map(_is_in, said, found))
    return bool(said == found)
