"""The lease that everything of a run hangs on, kept alive by a thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from autotuner_core.control import Control, Scope
from autotuner_core.deploy.ome.deletion import wait_gone
from autotuner_core.deploy.ome.lease_job import is_over, renewal
from autotuner_core.deploy.ome.lease_making import GONE_SECONDS, LOOK_SECONDS, LeaseMaking, stuck
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import JOB
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved, RunNote
from autotuner_core.run.journal import JournalWriteError, Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

log = logging.getLogger(__name__)

BEATS = 3
"""Heartbeats in the lease's time: two may be missed."""
RETRY_SECONDS = 5.0
"""After a heartbeat that failed."""


class RunLease:
    """One per run. `seconds`: how long it outlives the last heartbeat. `wanted` says whether heartbeats are sent:
    without them the cluster removes what hangs on it, until `ensure` is called for the next thing. Thread-safe."""

    def __init__(
        self,
        client: KubeClient,
        where: RunInCluster,
        recorder: Recorder,
        control: Control,
        seconds: float,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._client, self._where, self._recorder, self._control = client, where, recorder, control
        self.seconds, self._wanted = seconds, wanted
        self._making = LeaseMaking(client, where, seconds)
        self._lock = threading.RLock()
        self._job: Mapping[str, Any] | None = None
        self._lost = False
        self._valid_until = 0.0  # on the monotonic clock
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    # ---- what the deployer asks for

    def begin(self, scope: Scope) -> None:
        """Make the lease, or take over the one that an earlier host of this run left, and keep it alive from now on.
        Raises ExperimentFailure (admission_denied, quota, ...) and Interrupted."""
        self.ensure(scope)
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._thread.start()

    def ensure(self, scope: Scope) -> Mapping[str, Any]:
        """Renew it, or make it anew where it is gone: the Job, as the owner of what is made next. An object whose owner
        is gone would be removed at once. Raises as `begin` does."""
        with self._lock:
            try:
                if self._job is not None and self._renewed(self._job):
                    return self._job
                if self._job is not None:
                    self._tell_lost()
                job = self._making.made(scope, lambda: self._tell(ResourceIntended))
                self._tell(ResourceCreated)
                if not self._renewed(job):
                    raise stuck(self._where.lease_name)
                self._job, self._lost = job, False
                return job
            except KubeError as error:
                raise as_failure(error, f"renew the run's lease {self._where.lease_name}") from error

    @property
    def begun(self) -> bool:
        """Whether anything may have been made under it."""
        return self._job is not None

    @property
    def lost(self) -> bool:
        """Whether it is gone, as far as that can be told: seen to be gone, or past its time without a heartbeat that
        got through. What hung on it is being removed by the cluster then."""
        return self._lost or time.monotonic() > self._valid_until

    def abandon(self) -> None:
        """Keep it alive no longer: it ends by itself."""
        self._closing.set()

    def end(self) -> None:
        """Remove the lease: the run made nothing that is still there. Raises ExperimentFailure(stuck_deletion, ...)."""
        self._closing.set()
        with self._lock:
            if self._job is None:
                return
            try:
                uid = self._job["metadata"]["uid"]
                self._client.delete(JOB, self._where.lease_name, self._where.namespace, uid=uid)
                gone = wait_gone(lambda: self._making.look(uid) is None, self._control, GONE_SECONDS, poll=LOOK_SECONDS)
            except KubeError as error:
                doing = f"remove the run's lease {self._where.lease_name}, which Kubernetes then ends by itself"
                raise as_failure(error, doing) from error
            if not gone:
                raise stuck(self._where.lease_name)
            self._job = None
            self._tell(ResourceRemoved)

    # ---- keeping it

    def _beat(self) -> None:
        pause = self.seconds / BEATS
        while not self._closing.wait(pause):
            with self._lock:
                if self._job is None or self._closing.is_set() or not self._wanted():
                    continue
                try:
                    renewed = self._renewed(self._job)
                    pause = self.seconds / BEATS
                except KubeError as error:  # the client told of it; what is lost by it is seen by `lost`
                    log.warning("the lease could not be renewed: %s", error)
                    pause = min(RETRY_SECONDS, self.seconds / BEATS)
                    continue
                if not renewed and not self._lost:
                    with suppress(JournalWriteError):  # the run meets that at its next event
                        self._tell_lost()

    def _renewed(self, job: Mapping[str, Any]) -> bool:
        """False where the lease is gone or ending. Raises KubeError where that cannot be told."""
        asked = time.monotonic()
        patch = renewal(job, self._client.server_now(), self.seconds)
        try:
            now = self._client.patch(JOB, self._where.lease_name, patch, self._where.namespace)
        except KubeError as error:
            if error.status == 404:
                return False
            raise
        if now["metadata"]["uid"] != job["metadata"]["uid"] or is_over(now):
            return False
        self._valid_until = asked + self.seconds
        return True

    def _tell(self, event: type[ResourceIntended] | type[ResourceCreated] | type[ResourceRemoved]) -> None:
        self._recorder.record(event(kind=JOB.name, name=self._where.lease_name, token=self._where.run_id))

    def _tell_lost(self) -> None:
        if not self._lost:
            self._lost = True
            text = (
                f"the run's lease (Job {self._where.lease_name} in {self._where.namespace}) is gone: it was removed by "
                "somebody, or it ran out while no heartbeat got through. What hung on it goes with it; the next "
                "experiment makes a new one"
            )
            self._recorder.record(RunNote(text=text, level="warning", code="lease_lost"))
            self._control.notify()
