"""An independent eye on a namespace of the test cluster: watches of its own, over connections of its own, that note
when the API server told of each change. Nothing of the product is in it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cluster.api import Api
from cluster.credentials import API_PORT

Object = dict[str, Any]
PATHS = {
    "InferenceService": "/apis/ome.io/v1beta1/namespaces/{}/inferenceservices",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Event": "/api/v1/namespaces/{}/events",
}
WATCH_SECONDS = 3600


@dataclass(frozen=True)
class Change:
    """`at`: seconds since the epoch. `type`: ADDED, MODIFIED or DELETED."""

    at: float
    kind: str
    type: str
    body: Object

    @property
    def name(self) -> str:
        """Of the object; of an Event, of the object that it is about."""
        return str((self.body.get("involvedObject") or self.body["metadata"])["name"])


class Witness:
    """What was told, in its order."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def first(self, name: str, holds: Callable[[Change], bool]) -> float | None:
        """When it was first told of an object of this name, or of one made for it (name-...), that it holds; None:
        never."""
        return next((c.at for c in self.changes if _is_of(c, name) and holds(c)), None)

    def last(self, name: str, holds: Callable[[Change], bool]) -> float | None:
        """When that was told last."""
        return next((c.at for c in reversed(self.changes) if _is_of(c, name) and holds(c)), None)


def _is_of(change: Change, name: str) -> bool:
    return change.name == name or change.name.startswith(f"{name}-")


@contextmanager
def witness(api: Api, namespace: str) -> Iterator[Witness]:
    """Looks on for as long as it lasts. Raises RuntimeError at the end where a watch broke off."""
    seen, broken = Witness(), list[str]()
    over = threading.Event()

    def look(kind: str, answer: http.client.HTTPResponse) -> None:
        try:
            for line in answer:
                now, told = time.time(), json.loads(line)
                seen.changes.append(Change(now, kind, told["type"], told["object"]))
        except (OSError, ValueError, http.client.HTTPException, AttributeError) as error:
            broken.extend([] if over.is_set() else [f"{kind}: {error}"])
            return
        broken.extend([] if over.is_set() else [f"{kind}: ended"])

    sockets = []
    for kind, path in PATHS.items():
        connection = http.client.HTTPSConnection(api.address, API_PORT, timeout=WATCH_SECONDS, context=api.trust)
        target = f"{path.format(namespace)}?watch=true&timeoutSeconds={WATCH_SECONDS}"
        connection.request("GET", target, headers={"Authorization": f"Bearer {api.token}"})
        sockets.append(connection.sock)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{kind} cannot be watched: {answer.read()!r}")
        threading.Thread(target=look, args=(kind, answer), daemon=True).start()
    yield seen
    over.set()
    for each in sockets:
        each.shutdown(socket.SHUT_RDWR)
    if broken:
        raise RuntimeError(f"what happened was not seen to its end: {'; '.join(broken)}")


def moment(found: float | None) -> float:
    """It was seen. Raises RuntimeError where it was not."""
    if found is None:
        raise RuntimeError("a step of an experiment was not seen")
    return found


# ---- what is looked for


def made(change: Change) -> bool:
    """A service that is new."""
    return change.kind == "InferenceService" and change.type == "ADDED"


def going(change: Change) -> bool:
    """A service of which the deletion has been asked for."""
    return change.kind == "InferenceService" and "deletionTimestamp" in change.body["metadata"]


def gone(change: Change) -> bool:
    """A service or a pod that is no more."""
    return change.kind != "Event" and change.type == "DELETED"


def is_true(condition: str) -> Callable[[Change], bool]:
    """Of a service: whether a condition of it is True."""

    def holds(change: Change) -> bool:
        conditions = (change.body.get("status") or {}).get("conditions") or ()
        of_service = change.kind == "InferenceService"
        return of_service and any(c["type"] == condition and c["status"] == "True" for c in conditions)

    return holds
