"""Model and runtime of runs whose load is a stub: the engine is a small server of the host's Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cluster.host_python import host_python

MODEL, RUNTIME = "tuned-model", "tuned-rt"
ENGINE = Path(__file__).with_name("tuned_engine.py")
FORMAT = {"name": "safetensors", "version": "1.0.0"}
FRAMEWORK = {"name": "transformers", "version": "4.45.0.dev0"}


def model(name: str = MODEL, folder: Path | str = "/tmp") -> dict[str, Any]:
    """The ClusterBaseModel; of its files only a tokenizer is needed, and that by loads from inside the cluster."""
    spec = {
        "modelType": "llama",
        "modelArchitecture": "LlamaForCausalLM",
        "modelParameterSize": "1.24B",
        "modelFormat": FORMAT,
        "modelFramework": FRAMEWORK,
        "storage": {"storageUri": "hf://meta-llama/Llama-3.2-1B-Instruct", "path": str(folder)},
    }
    return {"apiVersion": "ome.io/v1beta1", "kind": "ClusterBaseModel", "metadata": {"name": name}, "spec": spec}


def runtime(name: str = RUNTIME, *more: str, **container: Any) -> dict[str, Any]:
    """A ClusterServingRuntime whose engine answers as told by `more` flags; `container` overrides its fields."""
    python = host_python(ENGINE.parents[1])
    args = ["--host=0.0.0.0", "--port=8080", f"--model={MODEL}", "--ttft=0.01", "--tpot=0.0005", *more]
    runner = {
        **python.container("ome-container", [ENGINE]),
        "args": args,
        "ports": [{"containerPort": 8080}],
        "imagePullPolicy": "Never",
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1},
        **container,
    }
    formats = {"modelFormat": FORMAT, "modelFramework": FRAMEWORK, "modelArchitecture": "LlamaForCausalLM"}
    spec = {
        "supportedModelFormats": [{**formats, "autoSelect": False}],
        "engineConfig": {"volumes": python.volumes, "runner": runner},
    }
    metadata = {"name": name}
    return {"apiVersion": "ome.io/v1beta1", "kind": "ClusterServingRuntime", "metadata": metadata, "spec": spec}


def held_service(namespace: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """An InferenceService `held` with this engine, as a run makes it, as far as its removal is concerned."""
    spec = {
        "model": {"name": MODEL, "kind": "ClusterBaseModel"},
        "runtime": {"name": RUNTIME, "kind": "ClusterServingRuntime"},
        "engine": {"minReplicas": 1, "maxReplicas": 1},
    }
    about = {"name": "held", "namespace": namespace, "labels": dict(labels)}
    return {"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": about, "spec": spec}
