"""What the cluster has for a pod that finds no node, or whose node may be lost: asked for only then, and not often."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.autoscaler import adds_nodes
from autotuner_core.deploy.ome.fields import condition
from autotuner_core.deploy.ome.watch import pods
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import NODE, POD, Kind

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

NODES_SECONDS = 20.0
"""How old what is known of the nodes may be, while a pod finds none."""


class RoomSeen:
    """Of one service. `nodes`: all, where a pod finds none; the pod's own, where it was ready and is not any more.
    `pods`: those of the whole cluster. Both are None while nobody asked, or where they may not be read. `autoscaler`:
    whether one adds nodes. For one thread at a time."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._at = float("-inf")
        self.nodes: list[Mapping[str, Any]] | None = None
        self.pods: list[Mapping[str, Any]] | None = None
        self.autoscaler = False

    def look(self, found: Sequence[Mapping[str, Any]], *, has_served: bool) -> None:
        """Ask where the service's pods that were `found` make it worth while. `has_served`: one was ready before."""
        homeless = any(condition(pod, "PodScheduled").get("status") == "False" for pod in found)
        unwell = next((pod for pod in found if has_served and not pods.is_ready(pod)), None)
        if not (homeless or unwell) or time.monotonic() < self._at + NODES_SECONDS:
            return
        self._at = time.monotonic()
        if homeless:
            self.nodes = self._listed(NODE)
            self.pods = self._listed(POD) if self.nodes is not None else None
            self.autoscaler = self._adds_nodes()
        elif unwell is not None:
            self.nodes = self._listed(NODE, f"metadata.name={pods.node(unwell)}")

    def _listed(self, kind: Kind, fields: str = "") -> list[Mapping[str, Any]] | None:
        try:
            return list(self._client.list(kind, fields=fields)[0])
        except KubeError:  # it may not be read: what is missing is told less exactly
            return None

    def _adds_nodes(self) -> bool:
        try:
            return adds_nodes(self._client, self.nodes or (), self.pods)
        except KubeError:  # it was asked again for long; whether access is lost is told by the watches
            return self.autoscaler
