"""One watch per kind for all BenchmarkJobs of a run, their batch Jobs and their pods. Events come from the watch that
the run's services have already."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.job.names import POD_LABEL
from autotuner_core.control import Control, Scope
from autotuner_core.deploy.ome.fields import going, name_of, text
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.watch.watching import FRESH_SECONDS, SYNC_SECONDS, Watching
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import BENCHMARK_JOB, JOB, POD
from autotuner_core.kube.watch import Informer

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

Object = Mapping[str, Any]


class JobSeen:
    """What is seen of one BenchmarkJob. Thread-safe; `version` counts changes."""

    def __init__(self, name: str, told: Any) -> None:
        self.name = name
        self.version = 0
        self._told = told
        self._lock = threading.Lock()
        self._objects: dict[str, dict[str, Object]] = {BENCHMARK_JOB.name: {}, JOB.name: {}, POD.name: {}}
        self._events: dict[str, Object] = {}
        self.was_there = False

    def take(self, kind: str, change: str, body: Object) -> None:
        """Something about it changed."""
        with self._lock:
            self.version += 1
            if kind not in self._objects:
                self._events[text(body, "metadata", "uid")] = body
            elif change == "DELETED":
                self._objects[kind].pop(name_of(body), None)
            else:
                self._objects[kind][name_of(body)] = body
                self.was_there = self.was_there or kind == BENCHMARK_JOB.name
        self._told(kind, change, body)

    @property
    def body(self) -> Object | None:
        """The BenchmarkJob; None before it was seen, and once it is gone."""
        with self._lock:
            return next(iter(self._objects[BENCHMARK_JOB.name].values()), None)

    @property
    def state(self) -> str:
        """What OME says of it: Pending, Running, Completed, Failed; empty before it says anything."""
        return text(self.body, "status", "state")

    @property
    def batch_job(self) -> Object | None:
        """What OME made of it."""
        with self._lock:
            return next(iter(self._objects[JOB.name].values()), None)

    @property
    def pod(self) -> Object | None:
        """Its newest pod."""
        with self._lock:
            pods = list(self._objects[POD.name].values())
        return max(pods, key=lambda pod: text(pod, "metadata", "creationTimestamp"), default=None)

    @property
    def events(self) -> list[Object]:
        """Kubernetes Events about it and what is under it, in the order in which they came."""
        with self._lock:
            return list(self._events.values())

    @property
    def is_gone(self) -> bool:
        """Whether it was there, and is removed or being removed."""
        body = self.body
        return going(body) if body is not None else self.was_there


class JobWatching:
    """`begin` it once, `follow` a BenchmarkJob (before it is made), `forget` it when nothing of it is left."""

    def __init__(self, client: KubeClient, where: RunInCluster, services: Watching, control: Control) -> None:
        self._control, self._services = control, services
        self._lock = threading.Lock()
        self._seen: dict[str, JobSeen] = {}
        selectors = {BENCHMARK_JOB: where.selector, JOB: POD_LABEL, POD: POD_LABEL}
        self._informers = {
            kind: Informer(client, kind, where.namespace, labels=labels, on_change=self._handler(kind.name))
            for kind, labels in selectors.items()
        }

    def begin(self, scope: Scope) -> None:
        """Begin to watch, and wait until everything that is there has been seen once. Raises ExperimentFailure and
        Interrupted."""
        self._services.listen(self._event)
        for informer in self._informers.values():
            informer.start()
        informers = self._informers.values()
        scope.wait_until(lambda: all(i.synced.is_set() or i.failure for i in informers), SYNC_SECONDS, poll=0.05)
        for kind, informer in self._informers.items():
            if not informer.synced.is_set():
                raise as_failure(informer.failure or KubeError(None, "Timeout", "no answer"), f"watch {kind.name}s")

    def close(self) -> None:
        """Watch no more. Does not wait."""
        for informer in self._informers.values():
            informer.stop()

    def freshen(self) -> None:
        """See Watching.freshen: somebody waits for what happens to a pod."""
        self._informers[POD].freshen(FRESH_SECONDS)

    def follow(self, name: str, told: Any) -> JobSeen:
        """What is seen of the BenchmarkJob of this name from now on, and what is there of it already;
        `told(kind, change, body)` is called with it."""
        seen = JobSeen(name, told)
        with self._lock:  # a change that comes meanwhile is handed on afterwards
            self._seen[name] = seen
            for kind, informer in self._informers.items():
                for body in informer.objects():
                    if _about(kind.name, body) == name:
                        seen.take(kind.name, "ADDED", body)
        return seen

    def jobs(self) -> list[Object]:
        """The run's BenchmarkJobs, as they are known."""
        return list(self._informers[BENCHMARK_JOB].objects())

    def forget(self, seen: JobSeen) -> None:
        """Nothing of it is left, or of interest."""
        with self._lock:
            if self._seen.get(seen.name) is seen:
                del self._seen[seen.name]

    @property
    def failure(self) -> KubeError | None:
        """Set while the access is lost: nothing new is seen."""
        return next((informer.failure for informer in self._informers.values() if informer.failure), None)

    def _handler(self, kind: str) -> Any:
        def changed(change: str, body: Object) -> None:
            self._hand(_about(kind, body), kind, change, body)

        return changed

    def _event(self, change: str, body: Object) -> None:
        if change == "DELETED":
            return
        about = text(body, "involvedObject", "name")
        with self._lock:
            known = next((name for name in self._seen if about == name or about.startswith(f"{name}-")), "")
        self._hand(known, "Event", change, body)

    def _hand(self, name: str, kind: str, change: str, body: Object) -> None:
        with self._lock:
            seen = self._seen.get(name)
        if seen is not None:
            seen.take(kind, change, body)
            self._control.notify()


def _about(kind: str, body: Object) -> str:
    """The name of the BenchmarkJob that an object is, or belongs to."""
    return name_of(body) if kind == BENCHMARK_JOB.name else text(body, "metadata", "labels", POD_LABEL)
