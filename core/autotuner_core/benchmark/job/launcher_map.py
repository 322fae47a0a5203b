"""The ConfigMap that the launcher is mounted from: one for all pods of a run."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from autotuner_core.benchmark.job.manifest import launcher_map
from autotuner_core.benchmark.job.names import launcher_name
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.control import Scope
from autotuner_core.deploy.ome.adoption import is_there
from autotuner_core.deploy.ome.diagnosis import not_made
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import CONFIG_MAP
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved


class LauncherMap:
    """`ensure` it before each pod, `close` at the run's end. Thread-safe."""

    def __init__(self, parts: JobParts) -> None:
        self._parts = parts
        self._lock = threading.Lock()
        self._owner = ""
        self._resource: dict[str, Any] = {
            "kind": CONFIG_MAP.name, "name": launcher_name(parts.where), "token": parts.where.run_id,
        }  # fmt: skip

    def ensure(self, scope: Scope) -> Mapping[str, Any]:
        """Make it, or make it anew where the lease that it hung on is gone; the lease, as owner of what is made next.
        Raises ExperimentFailure and Interrupted."""
        owner: Mapping[str, Any] = self._parts.lease.ensure(scope)
        with self._lock:
            if self._owner != str(owner["metadata"]["uid"]):
                self._make(owner)
                self._owner = str(owner["metadata"]["uid"])
        return owner

    def _make(self, owner: Mapping[str, Any]) -> None:
        client, namespace = self._parts.client, self._parts.where.namespace
        self._parts.recorder.record(ResourceIntended(**self._resource))
        body, name = launcher_map(self._parts.where, owner), str(self._resource["name"])
        try:
            try:
                client.create(CONFIG_MAP, body, namespace)
            except KubeError as error:
                if not error.is_conflict:
                    raise
                if not is_there(
                    client, CONFIG_MAP, body, namespace
                ):  # an earlier host's of this run, of another version or lease
                    client.delete(CONFIG_MAP, name, namespace, propagation="Background")
                    client.create(CONFIG_MAP, body, namespace)
        except KubeError as error:
            raise not_made(error, f"the ConfigMap {name} (the launcher)", namespace=namespace) from error
        self._parts.recorder.record(ResourceCreated(**self._resource))

    def close(self) -> None:
        """Remove it. Raises ExperimentFailure."""
        with self._lock:
            if not self._owner:
                return
            name = str(self._resource["name"])
            try:
                self._parts.client.delete(CONFIG_MAP, name, self._parts.where.namespace)
            except KubeError as error:
                raise as_failure(error, f"remove the ConfigMap {name} (it goes with the run's lease)") from error
            self._owner = ""
            self._parts.recorder.record(ResourceRemoved(**self._resource))
