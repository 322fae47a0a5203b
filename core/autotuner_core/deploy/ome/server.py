"""One InferenceService under way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from autotuner_core.benchmark.base import Endpoint
from autotuner_core.control import Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.flush import flush
from autotuner_core.deploy.ome.controller import LOOK_SECONDS, engine_ready, starts_loads
from autotuner_core.deploy.ome.manifest import Manifest
from autotuner_core.deploy.ome.reach.way import Way
from autotuner_core.deploy.ome.shared import Shared
from autotuner_core.deploy.ome.troubles import Troubles
from autotuner_core.deploy.ome.watch import pods
from autotuner_core.deploy.ome.watch.engine_log import EngineLog
from autotuner_core.deploy.ome.watch.story import Story
from autotuner_core.failures import ExperimentFailure
from autotuner_core.kube.kinds import INFERENCE_SERVICE, POD, Kind
from autotuner_core.run.journal import Recorder


class OMEServer:
    """Implements deploy.base.Server. `begin` it when the service exists; `on_gone` is called once, when nothing of it
    is left."""

    def __init__(
        self,
        order: DeployOrder,
        manifest: Manifest,
        shared: Shared,
        recorder: Recorder,
        scope: Scope,
        on_gone: Callable[[OMEServer], None],
    ) -> None:
        self.order, self.manifest = order, manifest
        self._shared, self._scope, self._on_gone = shared, scope, on_gone
        self.story = Story(recorder, order, manifest.name, shared.where.run_id)
        self._seen = shared.watching.follow(manifest.name, self._changed)
        self._log = EngineLog(shared.client, shared.where.namespace, order.folder / "engine.log")
        self._troubles = Troubles(self._seen, shared.client, shared.where, shared.watching, shared.lease)
        self._lock = threading.Lock()
        self._uid: str | None = None
        self._way: Way | None = None
        self._stopping = self._removed = False

    @property
    def gpu_count(self) -> float:
        return self.manifest.gpu_count

    @property
    def gpus(self) -> tuple[str, ...]:
        return ()

    def begin(self, service: Mapping[str, Any]) -> None:
        """The service exists."""
        self._uid = str(service["metadata"]["uid"])
        self._shared.watching.made(self._seen, service)

    def wait_ready(self, scope: Scope, seconds: float, load_may_start: Callable[[], None] = lambda: None) -> Endpoint:
        """See Server. Ready is what OME says is, and what answers through the way that the load will take."""
        deadline = time.monotonic() + seconds
        told: list[Callable[[], None]] = [load_may_start]

        def ready() -> bool:
            if told and starts_loads(self._seen.service):
                told.pop()()
            return self._ready_pod() is not None and self._is_placed()

        self._wait(ready, scope, deadline)
        pod = self._ready_pod()
        assert pod is not None
        self._shared.hardware.saw(self.order, pod)
        url = self._shared.controller.get_service_url(self._seen.service)
        way = self._way = self._shared.ways.to(self.order, self.manifest, pod, url, scope)
        left, verdict = deadline - time.monotonic(), lambda: self._verdict(INFERENCE_SERVICE)
        if not self._shared.controller.wait_for_ready(self._seen, scope, left, verdict):
            raise self._troubles.not_ready_in_time(way.last)
        self._wait(lambda: way.answers, scope, deadline)
        self._troubles.was_ready(pod)
        way.begin_counting()
        self._shared.ways.measure(way)
        return Endpoint(way.url, way.served_name)

    def failure(self) -> ExperimentFailure | None:
        """See Server."""
        return None if self._stopping else self._verdict(POD)

    def disturbances(self) -> int:
        """See Server. A load from inside the cluster does not go this way."""
        return self._way.drops if self._way is not None and self._shared.where.direct else 0

    def recover(self, scope: Scope) -> None:
        """See Server."""
        assert self._way is not None
        if not self._way.recover(scope, self.failure):
            raise self._troubles.way_lost(self._way)

    def flush_cache(self, scope: Scope) -> bool:
        """See Server."""
        profile, way = self.manifest.profile, self._way
        if profile is None or way is None:
            return False
        return flush(way.host, way.port, profile.flush, scope)

    def close(self) -> None:
        """End it at once: the run is over."""
        self.stop(now=True)

    @property
    def left_behind(self) -> bool:
        """Whether it was to be removed and is not known to be gone."""
        return self._stopping and not self._removed

    def superseded(self) -> None:
        """Its service could not be removed in its time and was replaced since: there is nothing left to end."""
        self._stopping = self._removed = True
        self._log.close()

    def stop(self, now: bool = False) -> None:
        """See Server. What cannot be removed is removed by the cluster itself, when the lease ends."""
        self._stopping = True
        if self._way is not None:
            self._way.close()
        try:
            if not self._removed:
                self._shared.controller.delete_inference_service(self.manifest.name, self._uid, now=now)
        finally:
            self._log.close()
        with self._lock:
            if self._removed:
                return
            self._removed = True
        self._shared.watching.forget(self._seen)
        self._on_gone(self)
        self.story.removed()

    # ---- what the watches tell

    def _changed(self, kind: str, change: str, body: Mapping[str, Any]) -> None:
        self.story.changed(kind, change, body)
        if kind == POD.name and change != "DELETED" and pods.has_started(body):
            self._log.follow(str(body["metadata"]["name"]), pods.restarts(body))

    def _ready_pod(self) -> Mapping[str, Any] | None:
        return next((pod for pod in self._seen.pods if pods.is_ready(pod)), None)

    def _is_placed(self) -> bool:
        """Whether OME has said where the service is, without which no way can be chosen (a quick pod may be ready
        before), or will not say it any more."""
        service = self._seen.service
        return self._shared.controller.get_service_url(service) is not None or engine_ready(service)

    def _wait(self, condition: Callable[[], bool], scope: Scope, deadline: float) -> None:
        """Raises ExperimentFailure as soon as it is known that it will not hold, or the time is over; Interrupted."""
        left = deadline - time.monotonic()
        if not scope.wait_until(lambda: condition() or self._trouble() is not None, left, poll=LOOK_SECONDS):
            raise self._troubles.not_ready_in_time(self._way.last if self._way is not None else "")
        if not condition() and (failure := self._trouble()) is not None:
            raise failure

    def _verdict(self, waited_for: Kind) -> ExperimentFailure | None:
        self._shared.watching.freshen(waited_for)
        return self._troubles.now()

    def _trouble(self) -> ExperimentFailure | None:
        return self._verdict(POD) or self._troubles.of_way(self._way)
