"""One pod that prints what lies on a claim: made, watched to its end, its log taken, removed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.volume.manifests import CONTAINER
from autotuner_core.benchmark.volume.reader_trouble import ended_badly, too_late, trouble, unread, view_of
from autotuner_core.control import Scope
from autotuner_core.deploy.ome.deletion import wait_gone
from autotuner_core.deploy.ome.diagnosis import not_made
from autotuner_core.deploy.ome.fields import Object, going, name_of, text, uid_of
from autotuner_core.deploy.ome.watch.seen import Seen
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import POD
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved

if TYPE_CHECKING:
    from autotuner_core.benchmark.volume.reader import ReaderParts

READ_SECONDS = 600.0
"""From the pod's creation to its end: its image may have to be pulled onto another node."""
GRACE_SECONDS = 60.0
"""In which a volume is let go by the node that had it; and a pod finds its node."""
GONE_SECONDS = 60.0
LOOK_SECONDS = 1.0
"""A grace that is over is announced by nobody."""


class ReaderPod:
    """`printed` once. `body` is the pod that is made, `attempt` the fields of its events."""

    def __init__(
        self, parts: ReaderParts, body: Mapping[str, Any], claim: str, folder: str, attempt: Mapping[str, Any]
    ) -> None:
        self._parts, self._body, self._claim, self._folder = parts, body, claim, folder
        self._name = name_of(body)
        self._resource: dict[str, Any] = {
            "kind": POD.name, "name": self._name, "token": parts.where.run_id, **attempt,
        }  # fmt: skip
        self._pod: Object | None = None
        self._gone = threading.Event()

    def printed(self, scope: Scope) -> list[str]:
        """The lines of its log, as far as the node has kept them. Nothing of it is left afterwards. Raises
        ExperimentFailure and Interrupted."""
        parts = self._parts
        parts.recorder.record(ResourceIntended(**self._resource))
        seen = parts.watching.follow(self._name, self._changed)
        try:
            self._pod = self._made()
            parts.watching.made(seen, self._pod)
            parts.recorder.record(ResourceCreated(**self._resource))
            pod = self._ended(seen, scope)
            lines = self._log()
            if text(pod, "status", "phase") == "Failed":
                raise ended_badly(pod, seen.events, self._claim, self._folder, "\n".join(lines))
            return lines
        finally:
            try:
                self._remove()
            finally:
                parts.watching.forget(seen)
            parts.recorder.record(ResourceRemoved(**self._resource))

    def _made(self) -> Object:
        client, namespace = self._parts.client, self._parts.where.namespace
        try:
            try:
                made: Object = client.create(POD, self._body, namespace)
            except KubeError as error:
                left = client.get(POD, self._name, namespace) if error.is_conflict else None
                if left is None or not self._parts.where.owns(left):
                    raise
                self._delete(left)  # an earlier host's of this run
                made = client.create(POD, self._body, namespace)
            return made
        except KubeError as error:
            raise not_made(error, f"the pod {self._name}, which reads results", namespace=namespace) from error

    def _ended(self, seen: Seen, scope: Scope) -> Object:
        """The pod at its end."""
        parts, pod = self._parts, self._pod or {}

        def over() -> bool:
            nonlocal pod
            parts.watching.freshen(POD)
            pod = next(iter(seen.pods), pod)
            view = view_of(pod, seen.events, parts.client.server_now(), GRACE_SECONDS)
            if (failure := trouble(view, self._claim, self._folder)) is not None:
                raise failure
            if going(pod) or self._gone.is_set():
                said = f"the pod {self._name} was removed, and this run did not do it"
                raise unread(self._claim, self._folder, said, cure="It is tried again.")
            return text(pod, "status", "phase") in ("Succeeded", "Failed")

        if not scope.wait_until(over, READ_SECONDS, poll=LOOK_SECONDS):
            view = view_of(pod, seen.events, parts.client.server_now(), GRACE_SECONDS)
            raise too_late(view, self._claim, self._folder, READ_SECONDS)
        return pod

    def _changed(self, kind: str, change: str, body: Mapping[str, Any]) -> None:
        if kind == POD.name and change == "DELETED" and uid_of(body) == uid_of(self._pod):
            self._gone.set()

    def _log(self) -> list[str]:
        try:
            return list(self._parts.client.pod_log(self._name, self._parts.where.namespace, CONTAINER))
        except KubeError as error:
            raise as_failure(error, f"read the log of the pod {self._name}") from error

    def _remove(self) -> None:
        """Also where it may have been made, and the answer was lost."""
        client, namespace = self._parts.client, self._parts.where.namespace
        try:
            pod = self._pod or client.get(POD, self._name, namespace)
            if pod is not None and self._parts.where.owns(pod):
                self._delete(pod)
        except KubeError as error:
            doing = f"remove the pod {self._name} (it goes by itself when the run's lease has run out)"
            raise as_failure(error, doing) from error

    def _delete(self, pod: Object) -> None:
        client, namespace = self._parts.client, self._parts.where.namespace
        client.delete(POD, self._name, namespace, uid=uid_of(pod), grace=1)
        looked = time.monotonic()

        def gone() -> bool:
            nonlocal looked
            if self._gone.is_set() and uid_of(pod) == uid_of(self._pod):
                return True
            if time.monotonic() < looked + LOOK_SECONDS:
                return False
            looked = time.monotonic()
            found = client.get(POD, self._name, namespace)
            return found is None or uid_of(found) != uid_of(pod)

        if not wait_gone(gone, self._parts.control, GONE_SECONDS, poll=LOOK_SECONDS):
            raise ExperimentFailure(
                FailureCause.STUCK_DELETION,
                f"the pod {self._name} was removed {GONE_SECONDS:.0f} s ago and is still there",
                cure=f"kubectl describe pod {self._name} -n {namespace} shows what holds it; its node may be gone.",
            )
