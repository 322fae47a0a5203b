"""What the checks before a run look at, asked of the cluster once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.autoscaler import adds_nodes
from autotuner_core.deploy.ome.fields import Object, text
from autotuner_core.deploy.ome.manifest import Manifest, render_inference_service
from autotuner_core.kube import kinds
from autotuner_core.kube.client import KubeClient
from autotuner_core.plan.plan import Plan, PlannedExperiment

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

RUN_ID = "xxxx"
"""Stands for the id of a run that there is not yet."""


@dataclass
class Look:
    """A task with its plan, and the cluster it is for. All that is asked of the cluster raises KubeError."""

    client: KubeClient
    task: Task
    plan: Plan
    namespace: str
    direct: bool
    templates: Path | None = None
    manifests: dict[int, Manifest] = field(default_factory=dict)

    @cached_property
    def namespace_object(self) -> Object | None:
        """The namespace, None where it does not exist."""
        return self.client.get(kinds.NAMESPACE, self.namespace)

    @cached_property
    def model(self) -> Object | None:
        """The task's model: the namespace's own wins over the cluster's."""
        name = self.task.model.name
        own = self._own(kinds.BASE_MODEL, name)
        return own or self.client.get(kinds.CLUSTER_BASE_MODEL, name)

    @cached_property
    def runtime(self) -> Object | None:
        """The task's runtime, where it names one and there is one."""
        name = self.task.base_runtime
        if not name:
            return None
        own = self._own(kinds.SERVING_RUNTIME, name)
        return own or self.client.get(kinds.CLUSTER_SERVING_RUNTIME, name)

    def _own(self, kind: kinds.Kind, name: str) -> dict[str, Any] | None:
        """The namespace's own object; None too where it may not be read."""
        from autotuner_core.kube.errors import KubeError

        try:
            return self.client.get(kind, name, self.namespace)
        except KubeError as error:
            if error.status in (403, 404):
                return None
            raise

    @cached_property
    def claim(self) -> Object | None:
        """The claim that results of a load from inside the cluster lie on, where there is one."""
        return self.client.get(kinds.PVC, self.task.kubernetes.pvc.name, self.namespace)

    @cached_property
    def limit_ranges(self) -> list[dict[str, Any]]:
        """Those of the namespace."""
        return self.client.list(kinds.LIMIT_RANGE, self.namespace)[0]

    @cached_property
    def service_crd(self) -> Object | None:
        """The definition of the InferenceService."""
        return self.client.get(kinds.CRD, f"{kinds.INFERENCE_SERVICE.plural}.{kinds.INFERENCE_SERVICE.group}")

    @cached_property
    def nodes(self) -> list[dict[str, Any]]:
        """All nodes."""
        return self.client.list(kinds.NODE)[0]

    @cached_property
    def pods(self) -> list[dict[str, Any]] | None:
        """The pods of all namespaces; None where they may not be read."""
        from autotuner_core.kube.errors import KubeError

        try:
            return self.client.list(kinds.POD)[0]
        except KubeError as error:
            if error.status == 403:
                return None
            raise

    @cached_property
    def adds_nodes(self) -> bool:
        """Whether the cluster adds nodes by itself, as far as that may be seen."""
        return adds_nodes(self.client, self.nodes, self.pods)

    @property
    def by_gpus(self) -> dict[float, list[PlannedExperiment]]:
        """The experiments by how many GPUs they hold, the most first."""
        groups: dict[float, list[PlannedExperiment]] = {}
        for experiment in sorted(self.plan.experiments, key=lambda one: -one.gpu_count):
            groups.setdefault(experiment.gpu_count, []).append(experiment)
        return groups

    def manifest(self, experiment: PlannedExperiment) -> Manifest:
        """The object of an experiment, as it would be sent. Raises ManifestError."""
        if experiment.id not in self.manifests:
            parameters: Mapping[str, Any] = {**self.task.fixed, **experiment.parameters}
            self.manifests[experiment.id] = render_inference_service(
                self.task,
                experiment.id,
                parameters,
                run_id=RUN_ID,
                namespace=self.namespace,
                runtime=self.runtime,
                templates=self.templates,
                model_kind=text(self.model, "kind") or "ClusterBaseModel",
                direct=self.direct,
            )
        return self.manifests[experiment.id]
