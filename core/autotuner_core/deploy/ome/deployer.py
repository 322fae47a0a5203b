"""Experiments as InferenceServices of OME."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autotuner_core.control import Control, Scope
from autotuner_core.deploy.base import DeployOrder, Resource
from autotuner_core.deploy.ome.adoption import same_and_up
from autotuner_core.deploy.ome.catalog import Catalog, read_catalog
from autotuner_core.deploy.ome.controller import OMEController
from autotuner_core.deploy.ome.in_the_way import as_preflight, refuse_or_tell
from autotuner_core.deploy.ome.lease import RunLease
from autotuner_core.deploy.ome.left_loads import remove_loads
from autotuner_core.deploy.ome.making import Making
from autotuner_core.deploy.ome.manifest import Manifest
from autotuner_core.deploy.ome.patience import ScopedWaits, patient
from autotuner_core.deploy.ome.reach.ways import Ways
from autotuner_core.deploy.ome.removal import Removal
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.server import OMEServer
from autotuner_core.deploy.ome.shared import Shared
from autotuner_core.deploy.ome.watch.hardware_record import HardwareRecord
from autotuner_core.deploy.ome.watch.watching import Watching
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.findings import Finding
from autotuner_core.kube.kinds import INFERENCE_SERVICE
from autotuner_core.run.events import HardwareSeen, ResourceRemoved, RunNote
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

log = logging.getLogger(__name__)

_NO_WAY = frozenset({FailureCause.API_UNREACHABLE, FailureCause.CREDENTIALS_EXPIRED})
"""Nothing else can be removed either."""


class OMEDeployer:
    """Implements deploy.base.Deployer."""

    start_gap = 0.5  # some ten requests come with a start, in the cluster's own controllers many more

    def __init__(
        self,
        client: KubeClient,
        where: RunInCluster,
        recorder: Recorder,
        control: Control,
        look_first: Callable[[KubeClient], Sequence[Finding]] = lambda client: (),
        hardware: HardwareSeen | None = None,
    ) -> None:
        """`look_first` says what is in the run's way in the cluster, before anything is made there. `hardware` is what
        the run's first attempt ran on, where an earlier host saw that."""
        self.waits = ScopedWaits()
        client = patient(client, self.waits, recorder)
        self._client, self._where, self._recorder, self._control = client, where, recorder, control
        self._watching = Watching(client, where, control)
        self._removal = Removal(client, where, self._watching, control)
        self._controller = OMEController(client, where.namespace, self._removal)
        self._servers: dict[OMEServer, None] = {}
        seconds = where.task.kubernetes.lease_minutes * 60
        self._lease = RunLease(client, where, recorder, control, seconds, self._anything_is_wanted)
        ways, on = Ways(client, where, recorder, control.notify), HardwareRecord(client, recorder, hardware)
        self.shared = Shared(client, where, self._controller, self._watching, ways, on, self._lease)
        self._look_first = look_first
        self._making: Making | None = None
        self._catalog: Catalog | None = None
        self._adopted: dict[tuple[int, int], OMEServer] = {}

    @property
    def catalog(self) -> Catalog:
        """What the cluster has of the task's model and runtime, after `prepare`."""
        assert self._catalog is not None, "prepare comes first"
        return self._catalog

    def prepare(self, scope: Scope) -> None:
        """See Deployer."""
        with as_preflight(), self.waits.within(scope):
            refuse_or_tell(self._look_first(self._client), self._recorder)
            if self._controller.create_namespace():
                text = f"the namespace {self._where.namespace} was missing and has been made; it is left in place"
                self._recorder.record(RunNote(text=text, code="namespace_made"))
            self._catalog = read_catalog(self._client, self._where)
            self._making = Making(self._where, self._controller, self._removal, self._catalog)
            self._watching.begin(scope)
            self._lease.begin(scope)

    def take_over(
        self, left: Sequence[DeployOrder], made: Sequence[Resource], recorder: Recorder, scope: Scope
    ) -> list[DeployOrder]:
        """See Deployer. Raises PreflightError where the cluster does not tell."""
        with as_preflight(), self.waits.within(scope):
            there = {str(body["metadata"]["name"]): body for body in self._watching.services()}
            adopted = [order for order in left if self._adopt(order, there, recorder, scope)]
            going_on = [] if self._where.direct else list(self._adopted)
            remove_loads(self._client, self._where, made, recorder, self._control, going_on)
            kept = {server.manifest.name for server in self._adopted.values()}
            for name in there.keys() - kept:
                self._removal.remove_leftover(name)
            for resource in made:
                if resource.kind == INFERENCE_SERVICE.name and resource.name not in kept:
                    recorder.record(ResourceRemoved.of(resource))
        return adopted

    def deploy(self, order: DeployOrder, recorder: Recorder, scope: Scope) -> OMEServer:
        """See Deployer."""
        scope.check()
        if (adopted := self._adopted.pop((order.experiment, order.attempt), None)) is not None:
            return adopted
        with self.waits.within(scope):
            return self._deployed(order, recorder, scope)

    def _deployed(self, order: DeployOrder, recorder: Recorder, scope: Scope) -> OMEServer:
        assert self._making is not None, "prepare comes first"
        manifest = self._making.manifest(order, self._lease.ensure(scope))
        self._making.keep(manifest, order)
        before = [server for server in self._servers if server.manifest.name == manifest.name]
        server = self._server(order, manifest, recorder, scope)
        server.story.intended()
        try:
            server.begin(self._making.made(manifest))
            server.story.created()
            for replaced in before:
                replaced.superseded()
                self._servers.pop(replaced, None)
        except BaseException:
            server.stop(now=True)
            raise
        return server

    def close(self) -> None:
        """See Deployer. Raises ExperimentFailure for the first thing that cannot be removed, after the others. Where
        the cluster cannot be reached the lease does it all, once it has run out."""
        failures: list[ExperimentFailure] = []
        for step in (*(server.close for server in list(self._servers)), self._remove_all, self._lease.end):
            try:
                step()
            except ExperimentFailure as failure:
                failures.append(failure)
                if failure.cause in _NO_WAY:
                    break
        self._lease.abandon()
        self._watching.close()
        asked = ", ".join(f"{verb} {kind} {count}" for (verb, kind), count in sorted(self._client.requests.items()))
        log.info("requests to the API server: %d (%s)", self._client.requests.total(), asked)
        if failures:
            raise failures[0]

    def _anything_is_wanted(self) -> bool:
        """False where all that is there was to be removed and could not be, because the cluster was out of reach: it
        must not hold its GPUs for as long as the run waits for somebody."""
        servers = list(self._servers)
        return not servers or not all(server.left_behind for server in servers)

    def _remove_all(self) -> None:
        """What is there under this run's label all the same: made while the answer was lost."""
        if self._lease.begun:
            for name in self._removal.names():
                self._removal.remove_leftover(name)

    def _adopt(
        self, order: DeployOrder, there: Mapping[str, Mapping[str, Any]], recorder: Recorder, scope: Scope
    ) -> bool:
        assert self._making is not None, "prepare comes first"
        manifest = self._making.manifest(order, self._lease.ensure(scope))
        body = there.get(manifest.name)
        if body is None or not same_and_up(manifest, body, self._watching.pods_of(manifest.name)):
            return False
        server = self._server(order, manifest, recorder, scope)
        server.begin(body)
        self._adopted[order.experiment, order.attempt] = server
        return True

    def _server(self, order: DeployOrder, manifest: Manifest, recorder: Recorder, scope: Scope) -> OMEServer:
        server = OMEServer(order, manifest, self.shared, recorder, scope, lambda gone: self._servers.pop(gone, None))
        self._servers[server] = None
        return server
