"""The objects of a load from inside the cluster: the BenchmarkJob, and the ConfigMap with the launcher."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.command import FIXED_ENVIRONMENT, OFFLINE, whole_minutes
from autotuner_core.benchmark.job import names
from autotuner_core.benchmark.warm import LAUNCHER
from autotuner_core.deploy.ome.fields import name_of, text
from autotuner_core.deploy.ome.finished import owned_by_run, parsed
from autotuner_core.deploy.ome.names import own_labels
from autotuner_core.deploy.ome.pod import owner_reference
from autotuner_core.deploy.ome.redaction import without_secrets
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.templates import render
from autotuner_core.deploy.ome.yaml_text import document
from autotuner_core.kube.kinds import BENCHMARK_JOB
from autotuner_core.task.names import object_name

TEMPLATE = "benchmark_job.yaml.j2"
_VOLUME = "autotuner-launcher"


@dataclass(frozen=True)
class JobManifest:
    """A BenchmarkJob as it is applied: `body` for the API, `text` (YAML) for people and the attempt's folder. Its files
    go to `folder` on the claim (below its root)."""

    name: str
    claim: str
    folder: str
    body: dict[str, Any]
    text: str


def render_benchmark_job(
    where: RunInCluster,
    experiment: int,
    attempt: int,
    levels: Sequence[Level],
    *,
    claim: str,
    result_folder: str,
    model: Mapping[str, Any],
    owner: Mapping[str, Any] | None,
) -> JobManifest:
    """The BenchmarkJob of an attempt, with all its `levels` (for a genai-bench that runs by itself). `model` is the
    model's object. Raises ManifestError."""
    task, name = where.task, names.job_name(where, experiment, attempt)
    labels = own_labels(where.run_id, task.task_name, experiment)
    base = f"{task.task_name}/{where.run_id}"
    variables = {
        "namespace": where.namespace,
        "benchmark_name": name,
        "isvc_name": object_name(task.task_name, where.run_id, experiment),
        "task_name": task.task_name,
        "experiment_id": experiment,
        "attempt": attempt,
        "run_id": where.run_id,
        "benchmark_task": task.benchmark.task,
        "traffic_scenarios": list(dict.fromkeys(level.scenario for level in levels)),
        "num_concurrency": sorted({level.concurrency for level in levels}),
        "max_time_per_iteration": max((whole_minutes(level.max_seconds) for level in levels), default=1),
        "max_requests_per_iteration": max((level.max_requests for level in levels), default=1),
        "pvc_name": claim,
        "result_base": base,
        "result_folder": result_folder,
        "image": names.image_of(task),
        "env": _environment(),
        "volumes": [{"name": _VOLUME, "configMap": {"name": names.launcher_name(where)}}],
        "volume_mounts": [*_mounts(model)],
        "resources": dict(task.benchmark.resources),
        "pod": _placement(where),
        "labels": labels,
        "owner": owner_reference(owner) if owner is not None else None,
        "kubernetes": task.kubernetes.model_dump(),
    }
    rendered = render(TEMPLATE, variables, where.templates)
    body = parsed(rendered, TEMPLATE, where.templates, BENCHMARK_JOB.api_version, BENCHMARK_JOB.name)
    owned_by_run(body, "benchmark_name", variables)
    return JobManifest(name, claim, f"{base}/{result_folder}", body, document(without_secrets(body)))


def manifest_of(body: Mapping[str, Any]) -> JobManifest:
    """That of a BenchmarkJob which is there."""
    claim, _, base = text(body, "spec", "outputLocation", "storageUri").removeprefix("pvc://").partition("/")
    folder = f"{base}/{text(body, 'spec', 'resultFolderName')}"
    return JobManifest(name_of(body), claim, folder, dict(body), "")


def launcher_map(where: RunInCluster, owner: Mapping[str, Any]) -> dict[str, Any]:
    """The ConfigMap that the launcher is mounted from."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": names.launcher_name(where),
            "namespace": where.namespace,
            "labels": where.labels,
            "ownerReferences": [owner_reference(owner)],
        },
        "data": {names.LAUNCHER_FILE: LAUNCHER.read_text(encoding="utf-8")},
    }


def _environment() -> list[dict[str, str]]:
    """What the load generator is given. The tokenizer lies with the model, in the pod: nothing is asked of a hub. Which
    launcher it is stands in its settings: a pod with that of another version is another one."""
    settings = {"port": names.COMMAND_PORT, "launcher": zlib.crc32(LAUNCHER.read_bytes())}
    given = {
        **FIXED_ENVIRONMENT,
        **OFFLINE,
        "PYTHONPATH": names.LAUNCHER_FOLDER,
        names.POD_VARIABLE: json.dumps(settings),
    }
    return [{"name": name, "value": value} for name, value in given.items()]


def _mounts(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The launcher, and the model's folder: OME before 0.1.4 brings that volume, and does not mount it where there is
    a podOverride."""
    mounts: list[dict[str, Any]] = [{"name": _VOLUME, "mountPath": names.LAUNCHER_FOLDER, "readOnly": True}]
    if path := text(model, "spec", "storage", "path"):
        mounts.append({"name": name_of(model), "mountPath": path, "readOnly": True})
    return mounts


def _placement(where: RunInCluster) -> dict[str, Any]:
    """Where the load generator may run: as the engines do."""
    part = where.task.kubernetes
    placed: dict[str, Any] = {}
    if part.node_selector:
        placed["nodeSelector"] = dict(part.node_selector)
    if part.tolerations:
        placed["tolerations"] = [dict(one) for one in part.tolerations]
    return placed
