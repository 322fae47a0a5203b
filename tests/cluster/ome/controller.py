"""The controller: one queue of names, one thread that makes each service as it should be."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from typing import Any

from . import paths
from .api import MERGE, Api, ApiError
from .children import INGRESS_OFF, children, service_of
from .events import Events
from .refusals import Refusal, parts_of
from .status import status_of
from .ways import Ways

Object = dict[str, Any]
Key = tuple[str, str]  # namespace, name

FINALIZER = "inferenceservice.finalizers"
FIRST_RETRY, LONGEST_RETRY = 0.005, 60.0  # seconds: controller-runtime's back-off, doubled each time
ADVISORY = "RuntimeCompatibilityAdvisory"


class Controller:
    """`run` it for ever."""

    def __init__(self, api: Api, ways: Ways) -> None:
        self._api, self._ways = api, ways
        self._events = Events(api)
        self._queue = _Queue()
        self._failures: dict[Key, int] = {}
        self._told: set[tuple[str, str]] = set()

    def run(self) -> None:
        """Watch, and make things so."""
        self._api.watch(paths.ALL_SERVICES, lambda change, body: self._queue.put(_key(body)))
        self._api.watch(paths.ALL_DEPLOYMENTS, self._deployment_changed)
        while True:
            key = self._queue.get()
            try:
                self._reconcile(*key)
                self._failures.pop(key, None)
            except (Refusal, ApiError, OSError) as error:
                if not isinstance(error, Refusal):
                    print(f"{'/'.join(key)}: {error}", flush=True)
                count = self._failures[key] = self._failures.get(key, -1) + 1
                self._queue.put(key, min(FIRST_RETRY * 2**count, LONGEST_RETRY))

    def _deployment_changed(self, change: str, body: Object) -> None:
        for owner in body["metadata"].get("ownerReferences") or ():
            if owner["kind"] == "InferenceService":
                self._queue.put((body["metadata"]["namespace"], owner["name"]))

    def _reconcile(self, namespace: str, name: str) -> None:
        place = paths.inference_service(namespace, name)
        service = self._api.get(place)
        if service is None:
            return
        if service["metadata"].get("deletionTimestamp"):
            self._let_go(place, service)
            return
        service = self._with_finalizer(place, service)
        try:
            parts = parts_of(service, self._api.get, self._ways)
        except Refusal as refusal:
            if refusal.reason:
                self._events.write(service, "Warning", refusal.reason, refusal.message)
                raise
            return
        if parts.advisory:
            self._once(service, "Warning", ADVISORY, parts.advisory)
        made = [self._make(child) for child in children(service, parts.runtime, parts.model, self._ways)]
        deployment = next(child for child in made if child["kind"] == "Deployment")
        self._unhelpfully(service)
        self._tell(place, service, deployment)

    def _let_go(self, place: str, service: Object) -> None:
        left = [name for name in service["metadata"].get("finalizers") or () if name != FINALIZER]
        if len(left) != len(service["metadata"].get("finalizers") or ()):
            self._api.call("PATCH", place, {"metadata": {"finalizers": left}}, MERGE)

    def _with_finalizer(self, place: str, service: Object) -> Object:
        """The real one writes the whole object back, which counts as a change of its spec."""
        there = service["metadata"].get("finalizers") or []
        if FINALIZER in there:
            return service
        change = {
            "metadata": {"finalizers": [*there, FINALIZER], "resourceVersion": service["metadata"]["resourceVersion"]},
            "spec": {"model": {"fineTunedWeights": []}},
        }
        return self._api.call("PATCH", place, change, MERGE)

    def _make(self, body: Object) -> Object:
        """The child, made where it is missing. One that the API server refuses leaves no word anywhere but in the
        controller's own log."""
        place = paths.collection(body["kind"], body["metadata"]["namespace"])
        there = self._api.get(f"{place}/{body['metadata']['name']}")
        if there is None:
            there = self._api.call("POST", place, body)
        return {**there, "kind": body["kind"]}

    def _unhelpfully(self, service: Object) -> None:
        """What the real one does to no use: a Service that comes and goes, and a warning that it is not there."""
        about = service["metadata"]
        off = (about.get("annotations") or {}).get(INGRESS_OFF) == "true"
        missing = f'Service "{about["name"]}" not found'
        if self._ways.service_comes_and_goes and not off:
            place = paths.collection("Service", about["namespace"])
            self._api.call("DELETE", f"{place}/{about['name']}")
            self._events.write(service, "Warning", "InternalError", missing)
            self._make(service_of(service, self._ways))
        elif not off:
            self._once(service, "Warning", "InternalError", missing)

    def _tell(self, place: str, service: Object, deployment: Object) -> None:
        status = status_of(service, deployment, self._ways)
        if status == service.get("status"):
            return
        body = {**service, "status": status}
        try:
            written = self._api.call("PUT", f"{place}/status", body)
        except ApiError as error:
            if error.status != 409:
                raise
            told = f'Failed to update status for InferenceService "{service["metadata"]["name"]}": {error}'
            self._events.write(service, "Warning", "UpdateFailed", told)
            raise
        if any(c["type"] == "Ready" and c["status"] == "True" for c in status["conditions"]):
            name = service["metadata"]["name"]
            self._once(written, "Normal", "InferenceServiceReady", f"InferenceService [{name}] is Ready")

    def _once(self, service: Object, kind: str, reason: str, message: str) -> None:
        key = (service["metadata"]["uid"], reason)
        if key not in self._told:
            self._told.add(key)
            self._events.write(service, kind, reason, message)


def _key(body: Object) -> Key:
    return body["metadata"]["namespace"], body["metadata"]["name"]


class _Queue:
    """Names, each at most once, some of them for later."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Key]] = []
        self._when: dict[Key, float] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def put(self, key: Key, after: float = 0.0) -> None:
        """Handle it after so many seconds, or earlier where that was asked for already."""
        when = time.monotonic() + after
        with self._changed:
            if when < self._when.get(key, float("inf")):
                self._when[key] = when
                heapq.heappush(self._due, (when, next(self._numbers), key))
                self._changed.notify()

    def get(self) -> Key:
        """The next one that is due; waits for it."""
        with self._changed:
            while True:
                if not self._due:
                    self._changed.wait()
                    continue
                when, _, key = self._due[0]
                if self._when.get(key) != when:  # was asked for earlier, and handled
                    heapq.heappop(self._due)
                elif when > time.monotonic():
                    self._changed.wait(when - time.monotonic())
                else:
                    heapq.heappop(self._due)
                    del self._when[key]
                    return key
