"""The claims that results are written to: the task's own, and one more for each further slot where only one node may
write to it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.deploy.ome.deletion import wait_gone
from autotuner_core.deploy.ome.diagnosis import not_made
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import PVC
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved, RunNote

GONE_SECONDS = 60.0
SHARED = "ReadWriteMany"


class Claims:
    """Of one run. `prepare` once, `take` and `give_back` for each attempt, `close` at the end. Thread-safe."""

    def __init__(self, parts: JobParts) -> None:
        self._parts = parts
        self._name = parts.where.task.kubernetes.pvc.name
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._extra: list[str] = []
        self._shared = False

    def prepare(self) -> None:
        """See that the task's claim is there; made where it is missing. Raises ExperimentFailure."""
        found = self._found(self._name)
        if found is None:
            found = self._made(self._name)
            text = f"the claim {self._name} was missing and has been made; it stays, with the results, after the run"
            self._parts.recorder.record(RunNote(text=text, code="claim_made"))
        self._shared = SHARED in ((found.get("spec") or {}).get("accessModes") or ())

    def take(self) -> str:
        """A claim for one attempt. Raises ExperimentFailure."""
        with self._lock:
            if self._shared or self._name not in self._taken:
                self._taken.add(self._name)
                return self._name
            free = next((name for name in self._extra if name not in self._taken), None)
            if free is None:
                free = f"{self._name}-{self._parts.where.run_id}-{len(self._extra) + 2}"
                self._make_extra(free)
            self._taken.add(free)
            return free

    def give_back(self, name: str) -> None:
        """The attempt is over."""
        with self._lock:
            self._taken.discard(name)

    def is_extra(self, name: str) -> bool:
        """Whether it goes with the run: what lies on it is to be brought home."""
        return name != self._name

    def finish(self) -> None:
        """Remove the claims of further slots. Raises ExperimentFailure for the first that cannot be."""
        client, namespace = self._parts.client, self._parts.where.namespace
        for name in list(self._extra):
            try:
                client.delete(PVC, name, namespace)
                wait_gone(lambda n=name: self._found(n) is None, self._parts.control, GONE_SECONDS, poll=0.3)  # type: ignore[misc]
            except KubeError as error:
                raise as_failure(error, f"remove the claim {name}") from error
            self._extra.remove(name)
            self._parts.recorder.record(ResourceRemoved(**self._resource(name)))

    def _make_extra(self, name: str) -> None:
        self._parts.recorder.record(ResourceIntended(**self._resource(name)))
        self._extra.append(name)
        if self._found(name) is None:
            self._made(name, self._parts.where.labels)
        self._parts.recorder.record(ResourceCreated(**self._resource(name)))

    def _resource(self, name: str) -> dict[str, Any]:
        return {"kind": PVC.name, "name": name, "token": self._parts.where.run_id}

    def _found(self, name: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] | None = self._parts.client.get(PVC, name, self._parts.where.namespace)
            return found
        except KubeError as error:
            raise as_failure(error, f"look for the claim {name}") from error

    def _made(self, name: str, labels: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        namespace = self._parts.where.namespace
        try:
            body = claim_of(self._parts.where, name, labels)
            made: Mapping[str, Any] = self._parts.client.create(PVC, body, namespace)
            return made
        except KubeError as error:
            raise not_made(error, f"the claim {name}", namespace=namespace) from error


def claim_of(where: RunInCluster, name: str, labels: Mapping[str, str] | None) -> dict[str, Any]:
    """A claim as the task wants it. `labels` only where it goes with the run."""
    wish = where.task.kubernetes.pvc
    spec: dict[str, Any] = {"accessModes": [wish.access_mode], "resources": {"requests": {"storage": wish.size}}}
    if wish.storage_class:
        spec["storageClassName"] = wish.storage_class
    metadata = {"name": name, "namespace": where.namespace, "labels": dict(labels or {})}
    return {"apiVersion": PVC.api_version, "kind": PVC.name, "metadata": metadata, "spec": spec}
