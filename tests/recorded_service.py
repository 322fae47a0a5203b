"""Recorded services of real OME clusters, played back record by record as objects of the API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from autotuner_core.deploy.ome.diagnosis import ServiceView

RECORDINGS = Path(__file__).parent / "core" / "deploy" / "ome" / "recordings"
VERSIONS = ("0.1.3", "1.2.2")
NAME = "ISVC"
BEGAN = 1_790_000_000.0


def stamp(at: float) -> str:
    """Seconds since the service was created as a time of the API."""
    return datetime.fromtimestamp(int(BEGAN + at), timezone.utc).isoformat().replace("+00:00", "Z")


def records(version: str, case: str | None = None) -> list[dict[str, Any]]:
    """The records of an OME version, of all cases or of one."""
    lines = (RECORDINGS / f"ome-{version}.jsonl").read_text(encoding="utf-8").splitlines()
    return [record for line in lines if (record := json.loads(line)) and case in (None, record["case"])]


def cases(version: str) -> list[str]:
    """The services that were watched."""
    return list(dict.fromkeys(record["case"] for record in records(version) if "t" in record))


class Playback:
    """The objects as they stand after each record."""

    def __init__(self, **pod_spec: Any) -> None:
        self.pod_spec = {"containers": [{"name": "ome-container", "image": "engine:9"}], **pod_spec}
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.now = BEGAN

    def apply(self, record: Mapping[str, Any]) -> None:
        """Take one record over."""
        at = record["t"]
        self.now = BEGAN + at
        if record["kind"] == "Event":
            self.events.append(event(record["type"], record["reason"], record["on"], record["message"], at))
            return
        key = record["kind"], record["name"]
        body = self.objects.setdefault(key, self._new(*key, at))
        for field, value in {**record.get("new", {}), **record.get("changed", {})}.items():
            self._set(body, field, value, at)

    def _new(self, kind: str, name: str, at: float) -> dict[str, Any]:
        metadata = {
            "name": name, "namespace": "autotuner", "uid": f"uid-{kind}/{name}", "creationTimestamp": stamp(at),
            "labels": {"ome.io/inferenceservice": NAME},
        }  # fmt: skip
        return {"metadata": metadata, "spec": dict(self.pod_spec) if kind == "Pod" else {}, "status": {}}

    def _set(self, body: dict[str, Any], field: str, value: Any, at: float) -> None:
        status = body["status"]
        if field == "finalizers":
            body["metadata"]["finalizers"] = value
        elif field == "deleting":
            body["metadata"]["deletionTimestamp"] = stamp(at)
        elif field == "owners":
            body["metadata"]["ownerReferences"] = [{"uid": f"uid-{owner.split()[0]}"} for owner in value]
        elif field == "scheduled" and value:
            body["spec"]["nodeName"] = "node-1"
        elif field == "conditions":
            there = {one["type"]: one for one in status.get("conditions", [])}
            for kind, (state, reason, message) in value.items():
                there[kind] = {
                    "type": kind, "status": state, "reason": reason, "message": message,
                    "lastTransitionTime": stamp(at),
                }  # fmt: skip
            status["conditions"] = list(there.values())
        elif field == "containers":
            status["containerStatuses"] = value
        elif field in ("phase", "reason"):
            status[field] = value

    def view(self, **more: Any) -> ServiceView:
        """What a diagnosis is given now."""
        pods = [body for (kind, _), body in self.objects.items() if kind == "Pod"]
        given = {
            "service": self.objects.get(("InferenceService", NAME)),
            "deployment": self.objects.get(("Deployment", f"{NAME}-engine")),
            "pods": pods,
            "events": list(self.events),
            "nodes": [node()],
            "cluster_pods": pods,
            "now": self.now,
            "name": NAME,
        }
        return ServiceView(**{**given, **more})


def event(kind: str, reason: str, on: str, message: str, at: float = 0.0, uid: str | None = None) -> dict[str, Any]:
    """An Event about `Kind/name`, `at` seconds after the service was created."""
    about, _, name = on.partition("/")
    return {
        "type": kind, "reason": reason, "message": message,
        "involvedObject": {"kind": about, "name": name, "uid": f"uid-{on}" if uid is None else uid},
        "firstTimestamp": stamp(at), "lastTimestamp": stamp(at),
    }  # fmt: skip


def node(name: str = "node-1", gpus: int = 8, ready: str = "True", **more: Any) -> dict[str, Any]:
    """A node with GPUs; `labels` and `taints` may be given."""
    allocatable = {"cpu": "16", "memory": "64Gi", "pods": "110", "nvidia.com/gpu": str(gpus)}
    return {
        "metadata": {"name": name, "labels": more.get("labels", {})},
        "spec": {"taints": more.get("taints", []), "unschedulable": more.get("unschedulable", False)},
        "status": {
            "allocatable": allocatable,
            "conditions": [{"type": "Ready", "status": ready, "reason": "KubeletReady", "message": "kubelet says so"}],
        },
    }


def asking(gpus: int = 0, **amounts: str) -> dict[str, Any]:
    """The engine's container with such requests."""
    resources = {**amounts, **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    return {
        "name": "ome-container", "image": "engine:9", "resources": {"requests": resources, "limits": resources},
    }  # fmt: skip


def played(version: str, case: str, **pod_spec: Any) -> Iterator[tuple[dict[str, Any], Playback]]:
    """Each record of a case, and the objects after it."""
    playback = Playback(**pod_spec)
    for record in records(version, case):
        if "t" in record:
            playback.apply(record)
            yield record, playback
