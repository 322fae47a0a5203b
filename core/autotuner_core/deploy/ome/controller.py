"""OMEController: InferenceServices made, waited for and removed, by the architecture document's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.control import Scope
from autotuner_core.deploy.ome.fields import condition
from autotuner_core.deploy.ome.manifest import Manifest
from autotuner_core.deploy.ome.removal import Removal
from autotuner_core.deploy.ome.watch.seen import Seen
from autotuner_core.failures import ExperimentFailure
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import INFERENCE_SERVICE, NAMESPACE

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

LOOK_SECONDS = 1.0
"""What no watch announces (a grace that is over) is looked at so often."""


class OMEController:
    """The InferenceServices of one run."""

    def __init__(self, client: KubeClient, namespace: str, removal: Removal) -> None:
        self._client, self._namespace, self._removal = client, namespace, removal

    def create_namespace(self) -> bool:
        """Make the run's namespace where it is missing; whether it was. One that may not be looked at is taken to be
        there. Raises KubeError."""
        try:
            if self._client.get(NAMESPACE, self._namespace) is not None:
                return False
        except KubeError as error:
            if error.status == 403:
                return False
            if error.status != 404:
                raise
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._namespace}}
        self._client.create(NAMESPACE, body)
        return True

    def deploy_inference_service(self, manifest: Manifest, *, dry_run: bool = False) -> Mapping[str, Any]:
        """Make the service, or (`dry_run`) have the API server only say whether it could be made. Unknown fields are
        refused. Raises KubeError."""
        body: Mapping[str, Any] = self._client.create(
            INFERENCE_SERVICE, manifest.body, self._namespace, dry_run=dry_run
        )
        return body

    def wait_for_ready(
        self, seen: Seen, scope: Scope, seconds: float, verdict: Callable[[], ExperimentFailure | None]
    ) -> bool:
        """Wait until OME says that the engine is ready. False when `seconds` are over first. `verdict` says why it will
        not become ready, which is raised at once. Raises ExperimentFailure and Interrupted."""
        found: list[ExperimentFailure] = []

        def over() -> bool:
            if engine_ready(seen.service):
                return True
            found.extend(filter(None, [verdict()]))
            return bool(found)

        if not scope.wait_until(over, seconds, poll=LOOK_SECONDS):
            return False
        if found:
            raise found[0]
        return True

    def delete_inference_service(self, name: str, uid: str | None, *, now: bool = False) -> None:
        """Remove a service of this run and wait until its pods are gone, too; it may be gone already. Without `uid`,
        whichever of this run's has the name. Raises ExperimentFailure(stuck_deletion, ...)."""
        if uid is None:
            self._removal.remove_leftover(name)
        else:
            self._removal.remove(name, uid, now=now)

    def get_service_url(self, service: Mapping[str, Any] | None) -> str | None:
        """Where OME says that it serves (`status.url`); None as long as it does not."""
        url = (service or {}).get("status", {}).get("url")
        return str(url) if url else None


def engine_ready(service: Mapping[str, Any] | None) -> bool:
    """Whether OME says that the engine is ready. Its condition Ready alone says nothing before v0.1.5."""
    return service is not None and condition(service, "EngineReady").get("status") == "True"


def starts_loads(service: Mapping[str, Any] | None) -> bool:
    """Whether OME would start a BenchmarkJob of this service now: before v0.1.5 long before the engine answers."""
    return service is not None and condition(service, "Ready").get("status") == "True"
