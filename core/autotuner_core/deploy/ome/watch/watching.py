"""One watch per kind for a whole run, however many experiments are under way: what it tells is handed to the service
that it is about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.control import Control, Scope
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.watch.seen import OnChange, Seen
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import DEPLOYMENT, EVENT, INFERENCE_SERVICE, POD, Kind
from autotuner_core.kube.watch import Informer

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

OnEvent = Callable[[str, Mapping[str, Any]], None]
KINDS = (INFERENCE_SERVICE, DEPLOYMENT, POD)
SYNC_SECONDS = 60.0
FRESH_SECONDS = 30.0
"""What is waited for is listed after so long a silence of its watch. It costs two requests a minute."""


class Watching:
    """`begin` it once, `follow` a service before it is made, `forget` it when nothing of it is left, `close` at the
    end. What is announced wakes every waiter of the run."""

    def __init__(self, client: KubeClient, where: RunInCluster, control: Control) -> None:
        self._where, self._control = where, control
        self._lock = threading.Lock()
        self._seen: dict[str, Seen] = {}
        self._past: dict[str, set[str]] = {}
        self._listeners: list[OnEvent] = []
        self._informers = {
            kind.name: Informer(client, kind, where.namespace, labels=where.selector, on_change=self._handler(kind))
            for kind in KINDS
        }
        self._informers[EVENT.name] = Informer(client, EVENT, where.namespace, on_change=self._handler(EVENT))

    def begin(self, scope: Scope) -> None:
        """Begin to watch, and wait until everything that is there has been seen once. Raises ExperimentFailure and
        Interrupted."""
        for informer in self._informers.values():
            informer.start()
        informers = self._informers.values()
        scope.wait_until(lambda: all(i.synced.is_set() or i.failure for i in informers), SYNC_SECONDS, poll=0.05)
        for name, informer in self._informers.items():
            if not informer.synced.is_set():
                raise as_failure(informer.failure or KubeError(None, "Timeout", "no answer"), f"watch {name}s")

    def close(self) -> None:
        """Watch no more. Does not wait."""
        for informer in self._informers.values():
            informer.stop()

    def freshen(self, kind: Kind) -> None:
        """Somebody waits for what the watch of this kind will tell: one that only looks alive is not relied upon. Does
        not wait."""
        self._informers[kind.name].freshen(FRESH_SECONDS)

    def listen(self, told: OnEvent) -> None:
        """Every Event of the namespace is handed on from now on, by its type of change."""
        self._listeners.append(told)

    def follow(self, name: str, on_change: OnChange) -> Seen:
        """What is seen of the service of this name from now on; it is `begin`ed once it exists."""
        seen = Seen(name, on_change)
        with self._lock:
            self._seen[name] = seen
        return seen

    def made(self, seen: Seen, service: Mapping[str, Any]) -> None:
        """The followed service exists. What the watches told of it before this was known is told again."""
        with self._lock:
            foreign = set(self._past.get(seen.name, ()))
        seen.begin(service, foreign)
        for kind, informer in self._informers.items():
            for body in informer.objects():
                if name_of(kind, body, (seen.name,)) == seen.name:
                    seen.take(kind, "ADDED", body)

    def forget(self, seen: Seen) -> None:
        """Nothing of it is left, or of interest."""
        with self._lock:
            if self._seen.get(seen.name) is seen:
                del self._seen[seen.name]
                self._past[seen.name] = seen.uids

    def services(self) -> list[Mapping[str, Any]]:
        """The run's services, as they are known."""
        return list(self._informers[INFERENCE_SERVICE.name].objects())

    def pods_of(self, name: str) -> list[Mapping[str, Any]]:
        """The pods of a service, as they are known."""
        return [pod for pod in self._informers[POD.name].objects() if name_of(POD.name, pod, (name,)) == name]

    @property
    def failure(self) -> KubeError | None:
        """Set while the access is lost: nothing new is seen."""
        return next((informer.failure for informer in self._informers.values() if informer.failure), None)

    def _handler(self, kind: Kind) -> Any:
        def changed(change: str, body: Mapping[str, Any]) -> None:
            with self._lock:
                seen = self._seen.get(name_of(kind.name, body, self._seen) or "")
            if seen is not None:
                seen.take(kind.name, change, body)
            if kind is EVENT:
                for told in self._listeners:
                    told(change, body)
            if seen is not None or kind is not EVENT:
                self._control.notify()

        return changed


def name_of(kind: str, body: Mapping[str, Any], known: Any) -> str | None:
    """Which of the known services an object is about. Children are named after it: `NAME-engine-7d9f...`."""
    name = str(body["metadata"]["name"])
    if kind == EVENT.name:
        name = str((body.get("involvedObject") or {}).get("name", ""))
    if kind == INFERENCE_SERVICE.name or name in known:
        return name
    return next((service for service in known if name.startswith(f"{service}-")), None)
