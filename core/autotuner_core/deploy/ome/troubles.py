"""Why a service does not serve, as far as the watches, its logs, the lease and the access tell. Quick to ask: looked at
anew only when something changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.by_other_hands import or_with_its_namespace
from autotuner_core.deploy.ome.diagnosis import diagnose, not_ready_in_time
from autotuner_core.deploy.ome.diagnosis.view import ServiceView
from autotuner_core.deploy.ome.lease import RunLease
from autotuner_core.deploy.ome.reach.way import Way
from autotuner_core.deploy.ome.room_seen import RoomSeen
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.watch import pods
from autotuner_core.deploy.ome.watch.seen import Seen
from autotuner_core.deploy.ome.watch.watching import Watching
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube.errors import KubeError, as_failure

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

LOOK_SECONDS = 0.5
"""A grace that is over is announced by nobody."""
BLIND_SECONDS = 30.0
"""Before the engine is ready: how long the API may be away. While it is loaded it may be away until the lease ends."""
LOG_LINES = 200


class Troubles:
    """Those of one service. Thread-safe."""

    def __init__(
        self, seen: Seen, client: KubeClient, where: RunInCluster, watching: Watching, lease: RunLease
    ) -> None:
        self._seen, self._client, self._where = seen, client, where
        self._watching, self._lease = watching, lease
        self._lock = threading.Lock()
        self._looked: tuple[int, float] = (-1, 0.0)
        self._known: ExperimentFailure | None = None
        self._serving: tuple[str, int] = ("", 0)
        self._blind_since: float | None = None
        self._room = RoomSeen(client)

    def was_ready(self, pod: Mapping[str, Any]) -> None:
        """From now on this pod serves: another one, or a restart of it, is a failure."""
        with self._lock:
            self._serving = (str(pod["metadata"]["uid"]), pods.restarts(pod))
            self._looked = (-1, 0.0)

    def now(self) -> ExperimentFailure | None:
        """Why it does not serve, or will not; None while it does, or may yet. What was known once stays known."""
        with self._lock:
            version, at = self._looked
            if self._known is None and (version != self._seen.version or time.monotonic() > at + LOOK_SECONDS):
                self._looked = (self._seen.version, time.monotonic())
                self._known = self._look()
            return self._known

    def of_way(self, way: Way | None) -> ExperimentFailure | None:
        """Why the way to it does not come up, where the cluster itself can be seen."""
        return way.failure if way is not None and self._watching.failure is None else None

    def way_lost(self, way: Way) -> ExperimentFailure:
        """The way broke and did not come back."""
        if (error := self._watching.failure) is not None:
            return as_failure(error, "reach the engine again through the API server")
        return way.failure or ExperimentFailure(
            FailureCause.PORT_FORWARD_LOST,
            "the port-forward to the engine dropped and did not come back",
            evidence=(way.last,),
            cure="See whether `kubectl port-forward` to that pod works from this machine.",
        )

    def not_ready_in_time(self, last_answer: str) -> ExperimentFailure:
        """It has had all its time. `last_answer` is what the engine said last, in words."""
        seconds = self._where.task.optimization.timeout_per_iteration
        with self._lock:
            return not_ready_in_time(self._view(), seconds, last_answer)

    # ---- looking

    def _look(self) -> ExperimentFailure | None:
        if (lost := self._lost_access()) is not None:
            return lost
        verdict = diagnose(self._view())
        if not isinstance(verdict, ExperimentFailure):
            return None
        return or_with_its_namespace(verdict, self._client, self._where.namespace)

    def _lost_access(self) -> ExperimentFailure | None:
        error = self._watching.failure
        if error is None:
            self._blind_since = None
            return None
        self._blind_since = self._blind_since or time.monotonic()
        if self._serving[0]:  # an engine that is loaded answers as before: measured on, as long as it hangs on a lease
            return as_failure(error, "see whether the engine is still there") if self._lease.lost else None
        if error.status == 401 or time.monotonic() > self._blind_since + BLIND_SECONDS:
            return as_failure(error, "watch the engine start")
        return None

    def _view(self) -> ServiceView:
        seen = self._seen
        found = seen.pods
        self._room.look(found, has_served=bool(self._serving[0]))
        return ServiceView(
            service=None if seen.deleted else seen.service,
            deployment=seen.deployment,
            pods=found,
            events=seen.events,
            nodes=self._room.nodes,
            now=self._client.server_now(),
            name=seen.name,
            cluster_pods=self._room.pods,
            autoscaler=self._room.autoscaler,
            serving=self._serving[0],
            restarts=self._serving[1],
            logs=self._log,
            grace=self._where.task.kubernetes.schedule_grace,
        )

    def _log(self, pod: str, container: str, previous: bool) -> str:
        try:
            lines = self._client.pod_log(pod, self._where.namespace, container, previous=previous, tail=LOG_LINES)
            return "\n".join(lines)
        except KubeError:  # gone with its pod, or it may not be read
            return ""
