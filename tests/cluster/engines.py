"""Models and runtimes that the test cluster can run, under the names that a task of the document's uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .host_python import HostPython, host_python
from .images import IMAGES
from .places import REPOSITORY

Object = dict[str, Any]

MODEL = "llama-3-2-1b-instruct"
RUNTIME = "llama-3-2-1b-instruct-rt"
_FORMAT = {
    "modelFormat": {"name": "safetensors", "version": "1.0.0"},
    "modelFramework": {"name": "transformers", "version": "4.45.0.dev0"},
}


def model(folder: Path, name: str = MODEL) -> Object:
    """A ClusterBaseModel whose files lie in a folder of this machine."""
    about = {"apiVersion": "ome.io/v1beta1", "kind": "ClusterBaseModel", "metadata": {"name": name}}
    return {**about, "spec": model_spec(folder)}


def model_spec(folder: Path | str) -> Object:
    """What a model is, with its files in a folder of the node."""
    return {
        "vendor": "meta",
        "modelType": "llama",
        "modelArchitecture": "LlamaForCausalLM",
        "modelParameterSize": "1.24B",
        **_FORMAT,
        "storage": {"storageUri": "hf://meta-llama/Llama-3.2-1B-Instruct", "path": str(folder)},
    }


def engine_runtime(model_file: str, name: str = RUNTIME) -> Object:
    """The bundled llama.cpp engine behind flags like SGLang's. `model_file` lies in the model's folder."""
    words = ["-m", "tests.cluster.sglang_like"]
    arguments = ["--host=0.0.0.0", "--port=8080", f"--model-path=$(MODEL_PATH)/{model_file}", "--enable-metrics"]
    return _runtime(name, host_python(REPOSITORY), words, [*arguments, "--tp-size=1"])


def misbehaving_runtime(name: str = "misbehaving-rt") -> Object:
    """A small server that answers at a set speed, or misbehaves as its flags say (tests/misbehaving.py)."""
    words = [str(REPOSITORY / "tests" / "misbehaving.py")]
    return _runtime(name, host_python(REPOSITORY), words, ["--host=0.0.0.0", "--port=8080"])


def _runtime(name: str, python: HostPython, words: list[str], arguments: list[str]) -> Object:
    health = {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1}
    path = ":".join([str(REPOSITORY), str(REPOSITORY / "core"), *filter(None, [python.search_path])])
    runner = {
        "name": "ome-container",
        "image": IMAGES[1],
        "ports": [{"containerPort": 8080, "name": "http1", "protocol": "TCP"}],
        "command": [python.interpreter, *words],
        "args": arguments,
        "env": [
            *(entry for entry in python.env if entry["name"] != "PYTHONPATH"),
            {"name": "PYTHONPATH", "value": path},
        ],
        "volumeMounts": python.mounts,
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi", "nvidia.com/gpu": 1},
            "limits": {"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": 1},
        },
        "readinessProbe": health,
        "startupProbe": {**health, "failureThreshold": 60},
    }
    return {
        "apiVersion": "ome.io/v1beta1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": name},
        "spec": {
            "supportedModelFormats": [
                {**_FORMAT, "modelArchitecture": "LlamaForCausalLM", "autoSelect": False, "priority": 1}
            ],
            "protocolVersions": ["openAI"],
            "engineConfig": {"volumes": python.volumes, "runner": runner},
        },
    }
