"""The controller: one queue of names, one thread that makes each object as it should be."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from . import paths
from .api import Api, ApiError
from .benchmarks import BenchmarkJobs
from .events import Events
from .refusals import Refusal
from .services import InferenceServices
from .ways import Ways
from .work import Key, Queue

Object = dict[str, Any]
Reconcile = Callable[[str, str], float | None]

FIRST_RETRY, LONGEST_RETRY = 0.005, 1000.0  # seconds: controller-runtime's back-off, doubled each time


class Controller:
    """`run` it for ever."""

    def __init__(self, api: Api, ways: Ways, *, webhooks: bool = False) -> None:
        self._api = api
        self._queue = Queue()
        self._failures: dict[Key, int] = {}
        events = Events(api)
        self._reconcilers: dict[str, Reconcile] = {
            "InferenceService": InferenceServices(api, events, ways, defaulted=webhooks).reconcile,
            "BenchmarkJob": BenchmarkJobs(api, events, ways).reconcile,
        }

    def run(self) -> None:
        """Watch, and make things so."""
        self._watch(paths.ALL_SERVICES, "InferenceService")
        self._watch(paths.ALL_BENCHMARK_JOBS, "BenchmarkJob")
        self._api.watch(paths.ALL_DEPLOYMENTS, self._child_changed)
        self._api.watch(paths.ALL_JOBS, self._child_changed)
        while True:
            self._handle(self._queue.get())

    def _handle(self, key: Key) -> None:
        kind, namespace, name = key
        try:
            again = self._reconcilers[kind](namespace, name)
        except Exception as error:
            if not isinstance(error, Refusal | ApiError | OSError):
                traceback.print_exc()  # a fault of the stand-in's own: in its log, as a panic is in the real one's
            elif not isinstance(error, Refusal):
                print(f"{'/'.join(key)}: {error}", flush=True)
            count = self._failures[key] = self._failures.get(key, -1) + 1
            self._queue.put(key, min(FIRST_RETRY * 2**count, LONGEST_RETRY))
            return
        self._failures.pop(key, None)
        if again is not None:
            self._queue.put(key, again)

    def _watch(self, path: str, kind: str) -> None:
        def changed(change: str, body: Object) -> None:
            self._queue.put((kind, body["metadata"]["namespace"], body["metadata"]["name"]))

        self._api.watch(path, changed)

    def _child_changed(self, change: str, body: Object) -> None:
        for owner in body["metadata"].get("ownerReferences") or ():
            if owner["kind"] in self._reconcilers and owner.get("controller"):
                self._queue.put((owner["kind"], body["metadata"]["namespace"], owner["name"]))
