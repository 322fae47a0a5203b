"""What the cluster has of what a task names: the model and the serving runtime, looked for in OME's own order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.failures import PreflightError
from autotuner_core.kube.kinds import (
    BASE_MODEL,
    CLUSTER_BASE_MODEL,
    CLUSTER_SERVING_RUNTIME,
    SERVING_RUNTIME,
    Kind,
)

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient


@dataclass(frozen=True)
class Catalog:
    """The objects of the runtime and of the model."""

    runtime: Mapping[str, Any]
    model: Mapping[str, Any]

    @property
    def model_kind(self) -> str:
        return str(self.model["kind"])


def read_catalog(client: KubeClient, where: RunInCluster) -> Catalog:
    """Raises PreflightError where model or runtime is missing, KubeError where they cannot be read."""
    runtime_name, model_name = where.task.base_runtime or "", where.task.model.name
    runtime = runtime_of(client, where.namespace, runtime_name)
    model = _found(client, where.namespace, model_name, BASE_MODEL, CLUSTER_BASE_MODEL)
    if runtime is None:
        raise _missing("serving runtime", runtime_name, "base_runtime", where.namespace, "clusterservingruntimes")
    if model is None:
        raise _missing("model", model_name, "model.name", where.namespace, "clusterbasemodels")
    return Catalog(runtime, model)


def runtime_of(client: KubeClient, namespace: str, name: str) -> Mapping[str, Any] | None:
    """The serving runtime of this name; None where there is none. Raises KubeError."""
    return _found(client, namespace, name, SERVING_RUNTIME, CLUSTER_SERVING_RUNTIME)


def _found(client: KubeClient, namespace: str, name: str, own: Kind, shared: Kind) -> Mapping[str, Any] | None:
    """The namespace's own wins over the cluster's of the same name, as in OME."""
    if (body := client.get(own, name, namespace)) is not None:
        return {"kind": own.name, **body}
    body = client.get(shared, name)
    return None if body is None else {"kind": shared.name, **body}


def _missing(what: str, name: str, key: str, namespace: str, plural: str) -> PreflightError:
    return PreflightError(
        f"the cluster has no {what} {name!r} ({key}), neither in namespace {namespace} nor for the whole cluster",
        cure=f"`kubectl get {plural}` lists those that there are; examples/ has objects to begin with.",
    )
