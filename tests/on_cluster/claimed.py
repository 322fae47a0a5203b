"""A run's claims and readers on the test cluster, without the run around them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.volume.claims import Claims
from autotuner_core.benchmark.volume.reader import ReaderParts, Results, read_results
from autotuner_core.control import Control, Scope
from autotuner_core.deploy.ome.lease import RunLease
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.watch.watching import Watching
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import PVC, Kind
from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState
from autotuner_core.task.load import task_from_json
from cluster.cluster import Cluster
from cluster.images import IMAGES
from on_cluster.in_jobs import template_for_this_machine
from on_cluster.tuning import task_of
from recordings import Kept, beginning

RUN = "ab12"
VOLUME = Kind("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)
PVC_SECTION = {"name": "results", "storage_class": ""}
"""Volumes are made by hand."""
Object = dict[str, Any]


class Claimed:
    """One run in a namespace; `pvc` is the task's section of that name."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path, **pvc: Any) -> None:
        self.client = KubeClient.connect(Access(cluster.kubeconfig))
        self.record, self.control, self.namespace, self.folder = Kept(), Control(), namespace, folder
        for event in beginning():
            self.record.record(event)
        self.scope = Scope(self.control)
        task = task_from_json(task_of(folder, namespace, kubernetes={"pvc": {**PVC_SECTION, **pvc}}))
        templates = template_for_this_machine(folder / "templates")
        self.where = RunInCluster(RUN, f"{RUN}-token", task, namespace, templates)
        self.claims = Claims(self.client, self.where, self.record, self.control)
        self.watching = Watching(self.client, self.where, self.control)
        self.lease = RunLease(self.client, self.where, self.record, self.control, 60)
        self._began = False
        self._volumes: list[str] = []

    def read(self, folder: str, into: Path, *, claim: str = "results", image: str = IMAGES[-1]) -> list[Path]:
        """Bring a folder home through a reader pod."""
        if not self._began:
            self.watching.begin(self.scope)
            self.lease.begin(self.scope)
            self._began = True
        parts = ReaderParts(
            self.client, self.where, self.record, self.control, self.lease, self.watching, image
        )  # fmt: skip
        return read_results(parts, Results(1, 1, claim, folder, ".json,.jsonl"), into, self.scope)

    def close(self) -> None:
        self.watching.close()
        if self._began:
            self.lease.end()

    def volume(
        self,
        claim: str,
        place: Path,
        *,
        size: str = "1Gi",
        modes: Sequence[str] = ("ReadWriteOnce",),
        source: Object | None = None,
    ) -> None:
        """A volume for the claim of this name, in a folder of this machine, or elsewhere (`source`)."""
        place.mkdir(parents=True, exist_ok=True)
        spec = {
            "capacity": {"storage": size}, "accessModes": list(modes), **(source or {"hostPath": {"path": str(place)}}),
            "persistentVolumeReclaimPolicy": "Retain", "storageClassName": "",
            "claimRef": {"namespace": self.namespace, "name": claim},
        }  # fmt: skip
        name = f"{claim}-{self.namespace}"
        body = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}
        self.client.create(VOLUME, body)
        self._volumes.append(name)

    def claim(self, name: str = "results") -> Object | None:
        return self.client.get(PVC, name, self.namespace)

    def notes(self) -> list[str]:
        return [event.code for event in self.record.events if isinstance(event, ev.RunNote)]

    def left(self) -> list[str]:
        """The names of what the journal says is still there."""
        state = RunState.of(self.record.events)
        return [resource.name for resource in state.resources.values()]
