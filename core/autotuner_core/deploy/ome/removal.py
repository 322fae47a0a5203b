"""Removing a service until nothing of it is left: the next experiment needs its GPUs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.control import Control, Interruption
from autotuner_core.deploy.ome.deletion import wait_gone
from autotuner_core.deploy.ome.fields import controllers_of
from autotuner_core.deploy.ome.names import SERVICE_LABEL
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.stuck import not_let_go, stuck, taken_name
from autotuner_core.deploy.ome.watch.watching import Watching
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import INFERENCE_SERVICE, POD

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

LONGEST_SECONDS = 120.0
LET_GO_SECONDS, AGAIN_SECONDS = 30.0, 5.0
"""Within which OME's controller takes its finalizer away: one that was started anew may need that long to take the
lead; and the same after it was seen not to. Where it runs it takes a moment, however long the pods need to end."""
LOOK_SECONDS = 5.0
"""Between two looks at the cluster itself, as long as the watches know the service."""
LEAST_SECONDS = 0.1
"""The same once they do not; also how often the removal is looked at where nothing is announced."""


class Removal:
    """Removes services of one run, and of no other. Thread-safe."""

    def __init__(self, client: KubeClient, where: RunInCluster, watching: Watching, control: Control) -> None:
        self._client, self._where = client, where
        self._watching, self._control = watching, control
        self.let_go_seconds = LET_GO_SECONDS

    def remove(self, name: str, uid: str, *, now: bool = False) -> None:
        """Delete it in the foreground and wait until it and its pods are gone. `now`, or a run that is stopped at once:
        its pods are not given the time to end by themselves. Raises ExperimentFailure: stuck_deletion, which names what
        holds it, controller_gone, or what keeps this machine from the cluster."""
        try:
            self._client.delete(INFERENCE_SERVICE, name, self._where.namespace, uid=uid)
            removing = _Removing(self, name, uid, now)
            if not wait_gone(removing.look, self._control, LONGEST_SECONDS, poll=LEAST_SECONDS):
                raise stuck(name, self.service(name, uid), self.pods(name), LONGEST_SECONDS)
            self.let_go_seconds = LET_GO_SECONDS
        except KubeError as error:
            doing = f"remove the InferenceService {name} (it goes by itself when the run's lease has run out)"
            raise as_failure(error, doing) from error

    def remove_leftover(self, name: str) -> None:
        """Remove the service of this name, where there is one: an earlier attempt's, or one that was made while the
        answer was lost. Raises ExperimentFailure, also where it is not this run's."""
        try:
            found = self._client.get(INFERENCE_SERVICE, name, self._where.namespace)
        except KubeError as error:
            raise as_failure(error, f"look for the InferenceService {name}") from error
        if found is None:
            return
        if not self._where.owns(found):
            raise taken_name(name)
        self.remove(name, str(found["metadata"]["uid"]), now=True)

    def names(self) -> list[str]:
        """The names of the run's services, as the cluster has them now. Raises ExperimentFailure."""
        try:
            found, _ = self._client.list(INFERENCE_SERVICE, self._where.namespace, labels=self._where.selector)
        except KubeError as error:
            raise as_failure(error, "look for InferenceServices of the run that are left") from error
        return [str(body["metadata"]["name"]) for body in found]

    def service(self, name: str, uid: str) -> Mapping[str, Any] | None:
        """The service, as the cluster has it now."""
        found: Mapping[str, Any] | None = self._client.get(INFERENCE_SERVICE, name, self._where.namespace)
        return found if found is not None and found["metadata"]["uid"] == uid else None

    def pods(self, name: str) -> list[Mapping[str, Any]]:
        """Its pods, as the cluster has them now: not those of the run, which may be many."""
        labels = f"{self._where.selector},{SERVICE_LABEL}={name}"
        found, _ = self._client.list(POD, self._where.namespace, labels=labels)
        return list(found)

    def kill_pods(self, name: str) -> None:
        """End its pods at once."""
        for pod in self._watching.pods_of(name):
            about = pod["metadata"]
            self._client.delete(POD, about["name"], self._where.namespace, uid=about["uid"], grace=0)

    def seen_gone(self, name: str, uid: str) -> bool:
        """Whether the watches do not know it any more; they may not have seen it yet."""
        known = [s for s in self._watching.services() if s["metadata"]["uid"] == uid]
        return not known and not self._watching.pods_of(name)

    @property
    def namespace(self) -> str:
        return self._where.namespace

    @property
    def at_once(self) -> bool:
        return self._control.stopping is Interruption.STOP_NOW


class _Removing:
    """One removal under way."""

    def __init__(self, removal: Removal, name: str, uid: str, now: bool) -> None:
        self._removal, self._name, self._uid = removal, name, uid
        self._now, self._killed = now, False
        self._looked = self._begun = time.monotonic()

    def look(self) -> bool:
        """Whether nothing is left. The watches tell it first, then the cluster is asked."""
        removal = self._removal
        if (self._now or removal.at_once) and not self._killed:
            self._killed = True
            removal.kill_pods(self._name)
        pause = LEAST_SECONDS if removal.seen_gone(self._name, self._uid) else LOOK_SECONDS
        if time.monotonic() < self._looked + pause:
            return False
        self._looked = time.monotonic()
        service, pods_left = removal.service(self._name, self._uid), removal.pods(self._name)
        if service is not None and not pods_left:
            self._check_controller(service)
        return service is None and not pods_left

    def _check_controller(self, service: Mapping[str, Any]) -> None:
        """Nothing but the object is left: raises ExperimentFailure(controller_gone) where OME's controller has had the
        time to let it go."""
        seconds = time.monotonic() - self._begun
        if (held_by := controllers_of(service)) and seconds > self._removal.let_go_seconds:
            self._removal.let_go_seconds = AGAIN_SECONDS
            raise not_let_go(self._name, self._removal.namespace, held_by, seconds)
