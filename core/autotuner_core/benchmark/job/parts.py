"""What all BenchmarkJobs of a run share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.job.watching import JobWatching
from autotuner_core.control import Control
from autotuner_core.deploy.ome.catalog import Catalog
from autotuner_core.deploy.ome.lease import RunLease
from autotuner_core.deploy.ome.patience import ScopedWaits
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.watch.watching import Watching
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient


@dataclass(frozen=True)
class JobParts:
    """Of one run. `levels` are those of the plan; `catalog` tells the model once the deployer has looked for it;
    `services` are the watches of its services, which see whatever carries the run's label."""

    client: KubeClient
    where: RunInCluster
    recorder: Recorder
    control: Control
    waits: ScopedWaits
    lease: RunLease
    watching: JobWatching
    services: Watching
    catalog: Callable[[], Catalog]
    levels: tuple[Level, ...]
    folder: RunFolder

    @property
    def measured(self) -> tuple[Level, ...]:
        """The levels without the warm-up."""
        return tuple(level for level in self.levels if not level.warm_up)
