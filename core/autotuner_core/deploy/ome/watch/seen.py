"""What is seen of one InferenceService and everything under it, as the watches tell it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from autotuner_core.deploy.ome.diagnosis.events import last_seen
from autotuner_core.deploy.ome.fields import created
from autotuner_core.kube.kinds import DEPLOYMENT, EVENT, INFERENCE_SERVICE, POD

Object = Mapping[str, Any]
OnChange = Callable[[str, str, Object], None]
"""Kind, type of the change (ADDED, MODIFIED, DELETED), object."""


class Seen:
    """One service of one attempt. Objects of an earlier service of the same name are told apart by their uids.
    Thread-safe; `version` counts changes."""

    def __init__(self, name: str, on_change: OnChange) -> None:
        self.name = name
        self.version = 0
        self.deleted = False
        self.service: Object | None = None
        self._on_change = on_change
        self._lock = threading.Lock()
        self._objects: dict[str, dict[str, Object]] = {DEPLOYMENT.name: {}, POD.name: {}, EVENT.name: {}}
        self._since = 0.0
        self._foreign: set[str] = set()

    def begin(self, service: Object, foreign: set[str]) -> None:
        """This is the service; what has a uid of `foreign` was there before it."""
        with self._lock:
            self.service = service
            self._foreign = foreign
            self._since = created(service) or 0.0

    def take(self, kind: str, change: str, body: Object) -> None:
        """Something changed that may be about this service."""
        with self._lock:
            if self.service is None or not self._is_mine(kind, body):
                return
            self._keep(kind, change, body)
            self.version += 1
        self._on_change(kind, change, body)

    @property
    def deployment(self) -> Object | None:
        """The engine's Deployment."""
        with self._lock:
            return next(iter(self._objects[DEPLOYMENT.name].values()), None)

    @property
    def pods(self) -> list[Object]:
        """Its pods, the oldest first."""
        with self._lock:
            pods = list(self._objects[POD.name].values())
        return sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")))

    @property
    def events(self) -> list[Object]:
        """Kubernetes Events about it and what is under it, in the order in which they came."""
        with self._lock:
            return list(self._objects[EVENT.name].values())

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is there any more, its pods included."""
        with self._lock:
            return self.deleted and not self._objects[POD.name]

    @property
    def uids(self) -> set[str]:
        """Of everything that belongs to it."""
        with self._lock:
            kept = [*self._objects[DEPLOYMENT.name].values(), *self._objects[POD.name].values()]
            own = [self.service] if self.service is not None else []
            return {str(body["metadata"]["uid"]) for body in (*own, *kept)} | self._foreign

    def _keep(self, kind: str, change: str, body: Object) -> None:
        if kind == INFERENCE_SERVICE.name:
            self.deleted = change == "DELETED"
            self.service = body
        elif change != "DELETED":
            self._objects[kind][body["metadata"]["name"]] = body
        elif kind != EVENT.name:  # an Event that the cluster forgets has happened all the same
            self._foreign.add(str(body["metadata"]["uid"]))
            self._objects[kind].pop(body["metadata"]["name"], None)

    def _is_mine(self, kind: str, body: Object) -> bool:
        if kind == EVENT.name:
            return self._is_about_mine(body)
        if kind == INFERENCE_SERVICE.name:
            assert self.service is not None
            return bool(body["metadata"]["uid"] == self.service["metadata"]["uid"])
        return str(body["metadata"]["uid"]) not in self._foreign or body["metadata"]["name"] in self._objects[kind]

    def _is_about_mine(self, event: Object) -> bool:
        """By the uid where it is known to be another's; by time elsewhere: an Event may come before its pod does."""
        about = event.get("involvedObject") or {}
        return about.get("uid") not in self._foreign and last_seen(event) >= self._since


def event_count(event: Object) -> int:
    """How often it happened."""
    return int((event.get("series") or {}).get("count") or event.get("count") or 1)
