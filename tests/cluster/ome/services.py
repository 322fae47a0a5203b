"""One InferenceService made as it should be: its children, its status, and what the real controller does to no use."""

from __future__ import annotations

from typing import Any

from . import paths
from .api import MERGE, Api, ApiError
from .children import children, service_of
from .events import Events
from .making import let_go, made
from .names import MISSING, engine_labels_of, ingress_is_off
from .refusals import Refusal, parts_of
from .status import is_ready, status_of, unready_status
from .ways import Ways

Object = dict[str, Any]

FINALIZER = "inferenceservice.finalizers"
ADVISORY = "RuntimeCompatibilityAdvisory"


class InferenceServices:
    """`defaulted`: a webhook has written the defaults already."""

    def __init__(self, api: Api, events: Events, ways: Ways, *, defaulted: bool) -> None:
        self._api, self._events, self._ways, self._defaulted = api, events, ways, defaulted

    def reconcile(self, namespace: str, name: str) -> None:
        """Raises Refusal, ApiError or OSError where it is to be tried again."""
        place = paths.inference_service(namespace, name)
        service = self._api.get(place)
        if service is None:
            return
        if service["metadata"].get("deletionTimestamp"):
            let_go(self._api, place, service, FINALIZER)
            return
        service = self._with_finalizer(place, service)
        try:
            parts = parts_of(service, self._api, self._ways)
        except Refusal as refusal:
            self._refuse(place, service, refusal)
            raise
        if parts.advisory:
            self._events.write(service, "Warning", ADVISORY, parts.advisory)
        there = [made(self._api, child) for child in children(service, parts, self._ways)]
        deployment = next(child for child in there if child["kind"] == "Deployment")
        self._unhelpfully(service)
        self._tell(place, service, status_of(service, deployment, self._pods(service), self._ways))

    def _refuse(self, place: str, service: Object, refusal: Refusal) -> None:
        if refusal.reason:
            self._events.write(service, "Warning", refusal.reason, refusal.message)
        if refusal.condition:
            self._tell(place, service, unready_status(service, refusal))

    def _with_finalizer(self, place: str, service: Object) -> Object:
        """The real one writes the whole object back, with its defaults, which counts as a change of the spec."""
        there = service["metadata"].get("finalizers") or []
        if FINALIZER in there:
            return service
        version = service["metadata"]["resourceVersion"]
        change: Object = {"metadata": {"finalizers": [*there, FINALIZER], "resourceVersion": version}}
        if not self._defaulted:
            part, empty = ("model", "fineTunedWeights") if service["spec"].get("model") else ("engine", "volumes")
            if service["spec"].get(part):
                change["spec"] = {part: {empty: service["spec"][part].get(empty, [])}}
        return self._api.call("PATCH", place, change, MERGE)

    def _pods(self, service: Object) -> list[Object]:
        selector = ",".join(f"{key}={value}" for key, value in engine_labels_of(service).items())
        place = paths.collection("Pod", service["metadata"]["namespace"])
        return list(self._api.call("GET", f"{place}?labelSelector={selector}")["items"])

    def _unhelpfully(self, service: Object) -> None:
        """The real one misses a Service that it has just made, now and then: a Warning that means nothing. An older
        one deletes it and makes it again each time, where the ingress is not switched off."""
        about = service["metadata"]
        comes_and_goes = self._ways.service_comes_and_goes and not ingress_is_off(service)
        if comes_and_goes:
            place = paths.collection("Service", about["namespace"])
            self._api.call("DELETE", f"{place}/{about['name']}")
        if comes_and_goes or not service.get("status"):
            self._events.write(service, "Warning", "InternalError", MISSING.format(about["name"]))
        if comes_and_goes:
            made(self._api, service_of(service, self._ways))

    def _tell(self, place: str, service: Object, status: Object) -> None:
        if status == service.get("status"):
            return
        name = service["metadata"]["name"]
        try:
            written = self._api.call("PUT", f"{place}/status", {**service, "status": status})
        except ApiError as error:
            if error.status == 409:
                told = f'Failed to update status for InferenceService "{name}": {error.message}'
                self._events.write(service, "Warning", "UpdateFailed", told)
            raise
        before, now = is_ready(service.get("status")), is_ready(status)
        if now and not before:
            self._events.write(written, "Normal", "InferenceServiceReady", f"InferenceService [{name}] is Ready")
        if before and not now:
            told = f"InferenceService [{name}] is no longer Ready"
            self._events.write(written, "Warning", "InferenceServiceNotReady", told)
