"""Children made where they are missing, and finalizers let go: what every controller does."""

from __future__ import annotations

from typing import Any

from . import paths
from .api import MERGE, Api

Object = dict[str, Any]


def owner(parent: Object) -> Object:
    """What makes Kubernetes remove a child with its parent, an InferenceService or a BenchmarkJob."""
    about = parent["metadata"]
    reference = {"apiVersion": "ome.io/v1beta1", "kind": parent["kind"], "name": about["name"], "uid": about["uid"]}
    return {**reference, "controller": True, "blockOwnerDeletion": True}


def made(api: Api, body: Object) -> Object:
    """The child, made where it is missing. One that the API server refuses (ApiError) leaves no word anywhere but in
    the controller's own log."""
    place = paths.collection(body["kind"], body["metadata"]["namespace"])
    there = api.get(f"{place}/{body['metadata']['name']}")
    if there is None:
        there = api.call("POST", place, body)
    return {**there, "kind": body["kind"]}


def let_go(api: Api, place: str, body: Object, finalizer: str) -> None:
    """Take the controller's finalizer away, so that the deletion goes on."""
    there = body["metadata"].get("finalizers") or []
    if finalizer in there:
        left = [name for name in there if name != finalizer]
        api.call("PATCH", place, {"metadata": {"finalizers": left}}, MERGE)
