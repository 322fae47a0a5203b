"""Events about InferenceServices and BenchmarkJobs, as a controller writes them: the same one again is counted."""

from __future__ import annotations

import datetime
from typing import Any

from . import paths
from .api import MERGE, Api

Object = dict[str, Any]


class Events:
    """Writes events to the API server."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._written: dict[tuple[str, str, str], Object] = {}

    def write(self, body: Object, kind: str, reason: str, message: str) -> None:
        """Write one, or count it."""
        about = body["metadata"]
        key, now = (about["uid"], reason, message), _now()
        place = paths.collection("Event", about["namespace"])
        if (before := self._written.get(key)) is not None:
            before["count"] += 1
            change = {"count": before["count"], "lastTimestamp": now}
            self._api.call("PATCH", f"{place}/{before['metadata']['name']}", change, MERGE)
            return
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{about['name']}.", "namespace": about["namespace"]},
            "involvedObject": {
                "apiVersion": "ome.io/v1beta1",
                "kind": body["kind"],
                **{name: about[name] for name in ("name", "namespace", "uid", "resourceVersion")},
            },
            "type": kind,
            "reason": reason,
            "message": message,
            "source": {"component": f"{body['kind']}Controller"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        self._written[key] = self._api.call("POST", place, event)


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
