"""An experiment's InferenceService: from task, configuration and runtime to the object that is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.command import api_backend
from autotuner_core.deploy.ome.arguments import complete
from autotuner_core.deploy.ome.engine import profile_of_runtime
from autotuner_core.deploy.ome.environment import engine_environment
from autotuner_core.deploy.ome.finished import finished, parsed
from autotuner_core.deploy.ome.hardware import engine_gpus, engine_resources, gpu_resource
from autotuner_core.deploy.ome.names import SERVICE_ANNOTATIONS, own_labels
from autotuner_core.deploy.ome.pod import GRACE_SECONDS, owner_reference, pod_settings, volume_mounts
from autotuner_core.deploy.ome.redaction import without_secrets
from autotuner_core.deploy.ome.runtime import read_runtime
from autotuner_core.deploy.ome.templates import render
from autotuner_core.deploy.ome.yaml_text import document
from autotuner_core.engines.profile import Profile, profile_of_task
from autotuner_core.kube.kinds import INFERENCE_SERVICE
from autotuner_core.task.names import object_name

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

TEMPLATE = "inference_service.yaml.j2"
IN_JOBS = "vllm-model"
"""The model's name that OME has its load generators ask for, whatever the model (sgl-project/ome issue 781)."""
BACKEND_VARIABLE = "PROTOCOL_VERSION"
"""The variable of an engine from which OME takes genai-bench's --api-backend; its own choice may stop outputs short."""
_NOT_READ = (
    "The runtime {name} was not read: its own arguments, which are kept where not overridden, are missing below."
)


@dataclass(frozen=True)
class Manifest:
    """An object as it is applied: `body` for the API, `text` (YAML, secrets hidden) for people and for the
    attempt's folder.

    `gpu_count` is what the engine asks for, `port` where it listens, `served_model_name` what requests have to name
    (None for an engine that no profile describes and whose runtime does not say it), `profile` the engine's.
    """

    name: str
    namespace: str
    text: str
    body: dict[str, Any]
    gpu_count: int
    port: int
    served_model_name: str | None
    profile: Profile | None


def render_inference_service(
    task: Task,
    experiment: int,
    parameters: Mapping[str, Any],
    *,
    run_id: str,
    namespace: str,
    runtime: Mapping[str, Any] | None = None,
    owner: Mapping[str, Any] | None = None,
    templates: Path | None = None,
    model_kind: str = "ClusterBaseModel",
    direct: bool = True,
) -> Manifest:
    """The InferenceService of an experiment. `parameters` are the varied and fixed ones together.

    `runtime` is the ClusterServingRuntime or ServingRuntime as the cluster has it (None: not read, which the text
    says), `owner` the lease that the object hangs on, or a reference to it. A load from inside the cluster (not
    `direct`) wants a fixed model name and a variable that OME's load generators go by. Raises ManifestError.
    """
    read = read_runtime(runtime) if runtime is not None else None
    profile = profile_of_runtime(read) if read is not None else profile_of_task(task)
    line = complete(parameters, profile, read, _served_name(task, direct))
    gpus = engine_gpus(task, parameters, read, profile)
    name = object_name(task.task_name, run_id, experiment)
    labels = {**task.kubernetes.labels, **own_labels(run_id, task.task_name, experiment)}
    variables = {
        **_as_names(parameters),
        "namespace": namespace,
        "isvc_name": name,
        "task_name": task.task_name,
        "experiment_id": experiment,
        "run_id": run_id,
        "model_name": task.model.name,
        "model_kind": model_kind,
        "runtime_name": task.base_runtime or "",
        "runtime_kind": read.kind if read else "ClusterServingRuntime",
        "parameters": dict(parameters),
        "command": list(line.command) if line.command is not None else None,
        "args": list(line.args),
        "env": engine_environment(task, parameters, profile, read, _load_environment(task, direct)),
        "gpu_count": gpus,
        "gpu_resource": gpu_resource(task, read),
        "resources": engine_resources(task, gpus, read),
        "port": line.port,
        "served_model_name": line.served_model_name,
        "image": task.kubernetes.image,
        "labels": labels,
        "annotations": {**task.kubernetes.annotations, **SERVICE_ANNOTATIONS},
        "pod_annotations": dict(task.kubernetes.annotations),
        "grace_seconds": GRACE_SECONDS,
        "pod": pod_settings(task.kubernetes, read),
        "volume_mounts": volume_mounts(task.kubernetes, read),
        "owner": owner_reference(owner) if owner is not None else None,
        "kubernetes": task.kubernetes.model_dump(),
    }  # fmt: skip
    body = finished(_parsed(render(TEMPLATE, variables, templates), templates), variables, profile)
    note = f"# {_NOT_READ.format(name=task.base_runtime)}\n" if read is None else ""
    return Manifest(
        name, namespace, note + document(without_secrets(body)), body, gpus, line.port, line.served_model_name, profile
    )


def _served_name(task: Task, direct: bool) -> str:
    return (task.benchmark.model_name or task.model.name) if direct else IN_JOBS


def _load_environment(task: Task, direct: bool) -> dict[str, str]:
    return {} if direct else {BACKEND_VARIABLE: api_backend(task)}


def _parsed(text: str, templates: Path | None) -> dict[str, Any]:
    return parsed(text, TEMPLATE, templates, INFERENCE_SERVICE.api_version, INFERENCE_SERVICE.name)


def _as_names(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as a template can name them: `tp-size` as `tp_size`, `env.NAME` as `env_NAME`."""
    return {name.replace("-", "_").replace(".", "_"): value for name, value in parameters.items()}
