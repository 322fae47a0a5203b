"""The batch Job that OME makes for a BenchmarkJob, in the words that the real controller gives to genai-bench."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .making import owner
from .merging import NODE_LABEL, by_name
from .ways import Ways

Object = dict[str, Any]

OUTPUT = "benchmark-output-storage"
GPU = "nvidia.com/gpu"
_OVERRIDES = ("tolerations", "affinity")


@dataclass(frozen=True)
class Loaded:
    """What is loaded: the address, the protocol, the model's name for requests, and the model's folder of the node.
    The last two are missing where the BenchmarkJob names an endpoint and no InferenceService."""

    url: str
    backend: str
    name: str
    model: Object | None = None

    @property
    def folder(self) -> str:
        return str(((self.model or {"spec": {}})["spec"].get("storage") or {}).get("path", ""))


def job_of(benchmark: Object, loaded: Loaded, settings: Object, ways: Ways) -> Object:
    """The Job; `settings` is podConfig of the ConfigMap benchmarkjob-config."""
    about, override = benchmark["metadata"], benchmark["spec"].get("podOverride") or {}
    claim, path = claim_of(benchmark)
    container = _container(benchmark, loaded, settings, ways)
    volumes = list(override.get("volumes") or ())
    selector: Object = {GPU: "true"}
    if loaded.model is not None:
        volumes.append({"name": loaded.model["metadata"]["name"], "hostPath": {"path": loaded.folder}})
        if ways.benchmarks_beside_model:
            kind = loaded.model["kind"].lower()
            selector = {NODE_LABEL.format(kind=kind, name=loaded.model["metadata"]["name"]): "Ready"}
    if claim:
        volumes.append({"name": OUTPUT, "persistentVolumeClaim": {"claimName": claim}})
        container["volumeMounts"].append({"name": OUTPUT, "mountPath": f"/{path}", "subPath": path})
    pod = {
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": volumes,
        "nodeSelector": {**selector, **(override.get("nodeSelector") or {})},
        "tolerations": [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}],
        **{key: override[key] for key in _OVERRIDES if override.get(key)},
    }
    labels, notes = {"benchmark": about["name"]}, {"logging-forward": "true"}
    named = {"name": about["name"], "namespace": about["namespace"], "labels": labels, "annotations": notes}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {**named, "ownerReferences": [owner(benchmark)]},
        "spec": {
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 0,
            "template": {"metadata": named, "spec": pod},
        },
    }


def claim_of(benchmark: Object) -> tuple[str, str]:
    """The claim that the results go to and the path in it; nothing where they go elsewhere."""
    uri = benchmark["spec"]["outputLocation"]["storageUri"]
    claim, _, path = uri.removeprefix("pvc://").partition("/")
    return (claim, path) if uri.startswith("pvc://") else ("", "")


def pod_config(config: Object) -> Object:
    """podConfig out of the ConfigMap."""
    found = json.loads(config["data"]["benchmarkjob"])["podConfig"]
    assert isinstance(found, dict)
    return found


def _container(benchmark: Object, loaded: Loaded, settings: Object, ways: Ways) -> Object:
    override = benchmark["spec"].get("podOverride") or {}
    env = [*(override.get("env") or ()), {"name": "ENABLE_UI", "value": "false"}]
    mounts = list(override.get("volumeMounts") or ())
    if loaded.model is not None and (ways.benchmarks_beside_model or not override):
        mount = {"name": loaded.model["metadata"]["name"], "mountPath": loaded.folder, "readOnly": True}
        mounts = mounts if any(m["mountPath"] == loaded.folder for m in mounts) else [*mounts, mount]
        env = by_name(env, [{"name": "MODEL_PATH", "value": loaded.folder}]) if ways.benchmarks_beside_model else env
    amounts = {
        kind: {
            "cpu": settings[f"cpu{word}"],
            "memory": settings[f"memory{word}"],
            **((override.get("resources") or {}).get(kind) or {}),
        }
        for kind, word in (("requests", "Request"), ("limits", "Limit"))
    }
    return {
        "name": "genai-bench" if override else benchmark["metadata"]["name"],
        "image": override.get("image") or settings["image"],
        "command": ["genai-bench"],
        "args": _arguments(benchmark, loaded, ways),
        "env": env,
        **({"envFrom": override["envFrom"]} if override.get("envFrom") else {}),
        "resources": amounts,
        "volumeMounts": mounts,
    }


def _arguments(benchmark: Object, loaded: Loaded, ways: Ways) -> list[str]:
    spec, name = benchmark["spec"], benchmark["metadata"]["name"]
    key = ["--api-key", "sample-key"] if loaded.model is not None else []
    tokenizer = ["--model-tokenizer", loaded.folder] if loaded.model is not None else []
    asked = [
        *("--api-model-name", loaded.name, "--task", spec["task"]),
        *("--max-time-per-run", str(spec["maxTimePerIteration"])),
        *("--max-requests-per-run", str(spec["maxRequestsPerIteration"])),
    ]
    middle = [*asked, *key] if ways.benchmarks_beside_model else [*key, *asked]
    of_server = spec.get("serviceMetadata") or {}
    flags = {"engine": "engine", "version": "version", "gpuType": "gpu-type", "gpuCount": "gpu-count"}
    _, path = claim_of(benchmark)
    return [
        *("benchmark", "--api-backend", loaded.backend, "--api-base", loaded.url, *middle, *tokenizer),
        *(word for scenario in spec.get("trafficScenarios") or () for word in ("--traffic-scenario", scenario)),
        *(word for count in spec.get("numConcurrency") or () for word in ("--num-concurrency", str(count))),
        *(word for field in of_server for word in (f"--server-{flags[field]}", str(of_server[field]))),
        *("--experiment-folder-name", spec.get("resultFolderName") or name, "--experiment-base-dir", f"/{path}"),
    ]
