"""From an order to an InferenceService that exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.catalog import Catalog
from autotuner_core.deploy.ome.controller import OMEController
from autotuner_core.deploy.ome.diagnosis import not_made
from autotuner_core.deploy.ome.manifest import Manifest, render_inference_service
from autotuner_core.deploy.ome.removal import Removal
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.kube.errors import KubeError

MANIFEST_FILE = "manifest.yaml"


class Making:
    """Makes the services of one run. Thread-safe."""

    def __init__(self, where: RunInCluster, controller: OMEController, removal: Removal, catalog: Catalog) -> None:
        self._where, self._controller, self._removal, self._catalog = where, controller, removal, catalog

    def manifest(self, order: DeployOrder, owner: Mapping[str, Any]) -> Manifest:
        """The object of an order, hanging on the lease `owner`. Raises ManifestError."""
        where = self._where
        return render_inference_service(
            where.task,
            order.experiment,
            order.parameters,
            run_id=where.run_id,
            namespace=where.namespace,
            runtime=self._catalog.runtime,
            owner=owner,
            templates=where.templates,
            model_kind=self._catalog.model_kind,
            direct=where.direct,
        )

    def keep(self, manifest: Manifest, order: DeployOrder) -> None:
        """The manifest as it is applied, into the attempt's folder. Raises OSError."""
        order.folder.mkdir(parents=True, exist_ok=True)
        (order.folder / MANIFEST_FILE).write_text(manifest.text, encoding="utf-8")

    def made(self, manifest: Manifest) -> Mapping[str, Any]:
        """The service, made. One of the same name is left from an earlier attempt of this run (the run's id is in it)
        and is replaced. Raises ExperimentFailure."""
        try:
            try:
                return self._controller.deploy_inference_service(manifest)
            except KubeError as error:
                if not error.is_conflict:
                    raise
            self._removal.remove_leftover(manifest.name)
            return self._controller.deploy_inference_service(manifest)
        except KubeError as error:
            what = f"the InferenceService {manifest.name}"
            raise not_made(error, what, namespace=self._where.namespace) from error
