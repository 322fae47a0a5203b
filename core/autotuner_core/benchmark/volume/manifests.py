"""The objects by which results are kept in the cluster and brought home: the claim, and the pod that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from autotuner_core.benchmark.volume import program
from autotuner_core.deploy.ome.finished import owned_by_run, parsed
from autotuner_core.deploy.ome.names import own_labels
from autotuner_core.deploy.ome.pod import owner_reference, pod_settings
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.templates import render
from autotuner_core.kube.kinds import POD, PVC, Kind
from autotuner_core.task.names import LONGEST_SUBDOMAIN, object_name

CLAIM_TEMPLATE, READER_TEMPLATE = "benchmark_pvc.yaml.j2", "result_reader.yaml.j2"
CONTAINER = "reader"
PLACE = PurePosixPath("/autotuner-results")
RESOURCES = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}}
"""It packs files as they come, and holds none."""
_NOT_FOR_READERS = ("nodeSelector", "volumes")
"""The reader goes where the claim is, needs no GPU's node and no shared memory."""
_QUEUES = "kueue.x-k8s.io/"


def claim_name(where: RunInCluster, slot: int) -> str:
    """The claim of one of the experiments that run at the same time, counted from 1. The first has the task's own, and
    each further one `{name}-{run}-{slot}`."""
    name = where.task.kubernetes.pvc.name
    if slot == 1:
        return name
    tail = f"-{where.run_id[-4:]}-{slot}"
    return name[: LONGEST_SUBDOMAIN - len(tail)].rstrip("-.") + tail


def reader_name(where: RunInCluster, experiment: int, attempt: int) -> str:
    """The pod that reads an attempt's results: of no InferenceService's children, which have a hyphen there."""
    return f"{object_name(where.task.task_name, where.run_id, experiment)}r{attempt}"


def render_claim(where: RunInCluster, name: str) -> dict[str, Any]:
    """A claim as the task wants it. It hangs on no lease: results outlive their run. Raises ManifestError."""
    pvc = where.task.kubernetes.pvc
    variables = {
        **_common(where, where.labels),
        "pvc_name": name,
        "size": pvc.size,
        "storage_class": pvc.storage_class,
        "access_mode": pvc.access_mode,
        "owner": None,
    }
    return _rendered(CLAIM_TEMPLATE, PVC, "pvc_name", variables, where.templates)


def render_reader(
    where: RunInCluster,
    experiment: int,
    attempt: int,
    *,
    claim: str,
    folder: str,
    endings: str,
    first: int,
    most: int,
    image: str,
    node: str,
    owner: Mapping[str, Any],
) -> dict[str, Any]:
    """The pod that prints what lies in `folder` of a claim, from piece `first` on, at most `most` pieces. It asks for
    `node`, where the volume may be attached still, and takes any other. Raises ManifestError."""
    text = Path(program.__file__).read_text(encoding="utf-8")
    pod = {
        key: value
        for key, value in pod_settings(where.task.kubernetes, None).items()
        if key not in _NOT_FOR_READERS
    }  # fmt: skip
    if node:
        pod["affinity"] = _rather_on(node)
    variables = {
        **_common(where, own_labels(where.run_id, where.task.task_name, experiment)),
        "reader_name": reader_name(where, experiment, attempt),
        "experiment_id": experiment,
        "attempt": attempt,
        "image": image,
        "command": ["python3", "-c", text, str(PLACE / folder), endings, str(first), str(most)],
        "env": [],
        "resources": RESOURCES,
        "volumes": [{"name": "results", "persistentVolumeClaim": {"claimName": claim}}],
        "volume_mounts": [{"name": "results", "mountPath": str(PLACE), "readOnly": True}],
        "pod": pod,
        "owner": owner_reference(owner),
    }
    return _rendered(READER_TEMPLATE, POD, "reader_name", variables, where.templates)


def _common(where: RunInCluster, labels: Mapping[str, str]) -> dict[str, Any]:
    """A queueing system's label is left out: it would hold up a pod for which no GPUs are asked."""
    part = where.task.kubernetes
    theirs = {key: value for key, value in part.labels.items() if not key.startswith(_QUEUES)}
    return {
        "namespace": where.namespace,
        "task_name": where.task.task_name,
        "run_id": where.run_id,
        "labels": {**theirs, **labels},
        "annotations": dict(part.annotations),
        "kubernetes": part.model_dump(),
    }


def _rather_on(node: str) -> dict[str, Any]:
    named = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    rather = [{"weight": 100, "preference": named}]
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": rather}}


def _rendered(
    template: str, kind: Kind, named_by: str, variables: Mapping[str, Any], templates: Path | None
) -> dict[str, Any]:
    body = parsed(render(template, variables, templates), template, templates, kind.api_version, kind.name)
    owned_by_run(body, named_by, variables)
    return body
