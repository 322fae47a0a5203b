"""One BenchmarkJob made as it should be: a batch Job once its service is Ready, and the state that follows the Job's.

What keeps it Pending (no service, one that is not Ready, no claim, a name too long for a Job) is told nowhere.
"""

from __future__ import annotations

import datetime
from typing import Any

from . import paths
from .api import Api, ApiError
from .events import Events
from .jobs import Loaded, claim_of, job_of, pod_config
from .making import let_go, made
from .names import model_of
from .refusals import found
from .status import is_ready
from .ways import Ways

Object = dict[str, Any]

FINALIZER = "benchmarkjob.finalizers"
SERVED_NAME = "vllm-model"
AGAIN_WITHOUT_SERVICE, AGAIN_UNREADY = 10.0, 60.0  # seconds until it looks again
_ENDS = {"SuccessCriteriaMet": "Completed", "Complete": "Completed", "FailureTarget": "Failed", "Failed": "Failed"}


class BenchmarkJobs:
    """Reconciles them."""

    def __init__(self, api: Api, events: Events, ways: Ways) -> None:
        self._api, self._events, self._ways = api, events, ways

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Seconds after which to look again, if at all. Raises ApiError or OSError where it failed."""
        place = paths.benchmark_job(namespace, name)
        benchmark = self._api.get(place)
        if benchmark is None:
            return None
        if benchmark["metadata"].get("deletionTimestamp"):
            let_go(self._api, place, benchmark, FINALIZER)
            return None
        benchmark = self._taken_in_hand(place, benchmark)
        jobs = paths.collection("Job", namespace)
        job = self._api.get(f"{jobs}/{name}")
        if job is None:
            loaded, again = self._loaded(benchmark)
            if loaded is None or not self._claim_is_there(benchmark):
                return again
            job = made(self._api, job_of(benchmark, loaded, self._settings(), self._ways))
        self._tell(place, benchmark, job)
        return None

    def _taken_in_hand(self, place: str, benchmark: Object) -> Object:
        finalizers = benchmark["metadata"].get("finalizers") or []
        if FINALIZER not in finalizers:
            about = {**benchmark["metadata"], "finalizers": [*finalizers, FINALIZER]}
            benchmark = self._api.call("PUT", place, {**benchmark, "metadata": about})
        if not benchmark.get("status"):
            benchmark = self._write(place, benchmark, {"state": "Pending"})
        return benchmark

    def _loaded(self, benchmark: Object) -> tuple[Loaded | None, float]:
        endpoint = benchmark["spec"]["endpoint"]
        if direct := endpoint.get("endpoint"):
            return Loaded(direct["url"], direct.get("apiFormat") or "openai", direct.get("modelName") or ""), 0.0
        wanted = endpoint["inferenceService"]
        service = self._api.get(paths.inference_service(wanted["namespace"], wanted["name"]))
        if service is None:
            return None, AGAIN_WITHOUT_SERVICE
        if not is_ready(service.get("status")):
            return None, AGAIN_UNREADY
        model = found(self._api, paths.models(wanted["namespace"], model_of(service)))
        env = ((service["spec"].get("engine") or {}).get("runner") or {}).get("env") or ()
        protocol = next((entry.get("value") for entry in env if entry["name"] == "PROTOCOL_VERSION"), None)
        return Loaded(service["status"]["url"], protocol or self._ways.backend, SERVED_NAME, model), 0.0

    def _claim_is_there(self, benchmark: Object) -> bool:
        claim, _ = claim_of(benchmark)
        place = paths.collection("PersistentVolumeClaim", benchmark["metadata"]["namespace"])
        return not claim or self._api.get(f"{place}/{claim}") is not None

    def _settings(self) -> Object:
        return pod_config(self._api.call("GET", paths.BENCHMARK_CONFIG))

    def _tell(self, place: str, benchmark: Object, job: Object) -> None:
        seen = job.get("status") or {}
        over = [c for c in seen.get("conditions") or () if c["status"] == "True" and c["type"] in _ENDS]
        if not over:
            started = {"startTime": seen["startTime"]} if seen.get("startTime") else {}
            self._change(place, benchmark, {"state": "Running", **started})
            return
        state = _ENDS[over[0]["type"]]
        told = {"failureMessage": over[0].get("message", "")} if state == "Failed" else {}
        ended = seen.get("completionTime") or over[0].get("lastTransitionTime") or _now()
        self._change(
            place, benchmark, {"state": state, "startTime": seen.get("startTime"), "completionTime": ended, **told}
        )

    def _change(self, place: str, benchmark: Object, status: Object) -> None:
        """Only a change of the state is written."""
        if (benchmark.get("status") or {}).get("state") != status["state"]:
            self._write(place, benchmark, status)

    def _write(self, place: str, benchmark: Object, status: Object) -> Object:
        body = {**benchmark, "status": {**status, "lastReconcileTime": _now()}}
        try:
            return self._api.call("PUT", f"{place}/status", body)
        except ApiError as error:
            if error.status == 409:
                self._events.write(benchmark, "Warning", "StatusUpdateFailed", error.message)
            raise


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
