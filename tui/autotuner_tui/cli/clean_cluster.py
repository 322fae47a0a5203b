"""The part of `clean` that looks into clusters. One that cannot be reached is told, and spoils nothing else."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autotuner_tui.cli.cluster import check_kubeconfig, cluster_is_asked, placement_of

if TYPE_CHECKING:
    from autotuner_core.engine.cluster_leftovers import ClusterAsked
    from autotuner_core.engine.leftovers import Leftover
    from autotuner_core.run.folder import RunFolder

_PATIENCE = 5.0  # seconds for which a named cluster that does not answer is asked again


@dataclass
class InClusters:
    """What was found there. `notes` say where was looked, `unreached` which clusters did not answer."""

    found: list[Leftover] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)


def is_foreign_run(arguments: Namespace) -> bool:
    """Whether the word RUN may be the id of another machine's run, which a named cluster tells of."""
    return cluster_is_asked(arguments) and re.fullmatch(r"[a-z0-9]{4}", arguments.which or "") is not None


def find_in_clusters(
    arguments: Namespace, runs: Collection[RunFolder], only: RunFolder | None, run_id: str | None
) -> InClusters:
    """Looks into the cluster that the command line means; else into those that runs recorded here (or the one) used.
    Raises UserError for a kubeconfig that is not there."""
    from autotuner_core.failures import PreflightError
    from autotuner_core.kube.errors import KubeError, as_failure

    result = InClusters()
    patience = _PATIENCE if cluster_is_asked(arguments) else 0.0
    for asked in _clusters(arguments, runs, only):
        try:
            _look(asked, patience, runs, run_id, result)
        except PreflightError as error:
            result.unreached.append(f"{error.message}. {error.cure}")
        except KubeError as error:
            failure = as_failure(error, f"look for what runs left in {asked.placement.context or 'the cluster'}")
            result.unreached.append(f"{failure.message}. {failure.cure}")
    return result


def _clusters(arguments: Namespace, runs: Collection[RunFolder], only: RunFolder | None) -> list[ClusterAsked]:
    from dataclasses import replace

    from autotuner_core.engine.cluster_leftovers import ClusterAsked, clusters_of

    recorded = clusters_of([only] if only is not None else runs)
    if not cluster_is_asked(arguments):
        return recorded
    check_kubeconfig(arguments)
    said = placement_of(arguments)
    if only is not None and recorded:
        return [replace(one, placement=one.placement.but(said)) for one in recorded]
    return [ClusterAsked(said, frozenset().union(*(one.namespaces for one in recorded)))]


def _look(
    asked: ClusterAsked, patience: float, runs: Collection[RunFolder], run_id: str | None, result: InClusters
) -> None:
    from autotuner_core.engine.cluster_leftovers import find_in_cluster
    from autotuner_core.engine.placement import connected

    client, _ = connected(asked.placement)
    found, notes = find_in_cluster(client.patient(seconds=patience), asked, runs, run_id)
    result.found += found
    result.notes += notes
