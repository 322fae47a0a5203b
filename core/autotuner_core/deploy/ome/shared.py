"""What all servers of a run share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autotuner_core.deploy.ome.controller import OMEController
from autotuner_core.deploy.ome.lease import RunLease
from autotuner_core.deploy.ome.reach.ways import Ways
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.watch.hardware_record import HardwareRecord
from autotuner_core.deploy.ome.watch.watching import Watching

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient


@dataclass(frozen=True)
class Shared:
    """Of one run."""

    client: KubeClient
    where: RunInCluster
    controller: OMEController
    watching: Watching
    ways: Ways
    hardware: HardwareRecord
    lease: RunLease
