"""What there is of one kind, kept up to date by a watch: one thread, however many look at it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autotuner_core.kube.errors import UNREACHABLE, KubeError
from autotuner_core.kube.kinds import Kind

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient
    from autotuner_core.kube.rest import LineStream

log = logging.getLogger(__name__)

Object = dict[str, Any]
OnChange = Callable[[str, Object], None]

WATCH_SECONDS = 300
"""A watch is opened anew after this time: what it costs in requests is small, and connections that live for ever are
cut by what lies between."""
SHORT_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0
"""Seconds between two tries to see something again; so nobody is blind for longer than half a minute, while the API
server answers lists."""


class Informer:
    """The newest state of every object of a kind in a namespace. `on_change` is called with ADDED, MODIFIED or DELETED
    and the object, by the informer's thread, in the order of what happened; what was missed while a watch was broken
    is made up for by a list. `synced` is set once everything has been seen; `failure` is set while nothing can be
    seen."""

    def __init__(
        self, client: KubeClient, kind: Kind, namespace: str | None, *, labels: str = "", on_change: OnChange
    ) -> None:
        self._client, self.kind, self._namespace, self._labels = client.patient(seconds=0), kind, namespace, labels
        self._on_change = on_change
        self._lock = threading.Lock()
        self._objects: dict[tuple[str, str], Object] = {}
        self._stopped = threading.Event()
        self._stream: LineStream | None = None
        self._version = ""
        self._pause = FIRST_PAUSE
        self.synced = threading.Event()
        self.failure: KubeError | None = None

    def start(self) -> None:
        """Begin to watch."""
        threading.Thread(target=self._run, name=f"watch-{self.kind.plural}", daemon=True).start()

    def stop(self) -> None:
        """Watch no more. Does not wait; nothing is told any more."""
        self._stopped.set()
        with self._lock:
            stream = self._stream
        if stream is not None:
            stream.close()

    def objects(self) -> list[Object]:
        """All objects as they were seen last. They are shared: not to be changed."""
        with self._lock:
            return list(self._objects.values())

    def get(self, name: str, namespace: str | None = None) -> Object | None:
        """The object of this name as it was seen last."""
        with self._lock:
            return self._objects.get((namespace or self._namespace or "", name))

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if not self._version:
                    self._list()
                self._watch()
            except KubeError as error:
                if self._stopped.is_set():
                    return
                self._broken(error)

    def _broken(self, error: KubeError) -> None:
        if error.status == 410:  # the changes since then are not kept any more
            log.debug("%s are listed anew: %s", self.kind.plural, error)
        else:
            log.warning("%s cannot be watched for now: %s", self.kind.plural, error)
            self.failure = error
            self._stopped.wait(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._version = ""

    def _list(self) -> None:
        objects, version = self._client.list(self.kind, self._namespace, self._labels)
        there = {_key(body): body for body in objects}
        with self._lock:
            before = dict(self._objects)
        for key, gone in before.items():
            if key not in there or _uid(there[key]) != _uid(gone):
                self._take("DELETED", gone)
        for key, body in there.items():
            known = before.get(key)
            if known is None or _uid(known) != _uid(body):
                self._take("ADDED", body)
            elif _version(known) != _version(body):
                self._take("MODIFIED", body)
        self._version = version
        self._seen()
        self.synced.set()

    def _watch(self) -> None:
        stream = self._client.watch(
            self.kind, self._namespace, self._version, labels=self._labels, seconds=WATCH_SECONDS
        )
        with self._lock:
            self._stream = stream
        began = time.monotonic()
        try:
            self._seen()
            for line in stream:
                if self._stopped.is_set():
                    return
                self._one(_change(line))
        finally:
            stream.close()
        if time.monotonic() - began < SHORT_SECONDS:  # whoever ends watches at once is not to be asked without end
            self._stopped.wait(SHORT_SECONDS)

    def _one(self, change: Object) -> None:
        kind, body = str(change.get("type")), change.get("object") or {}
        if kind == "ERROR":
            raise KubeError(int(body.get("code") or 500), str(body.get("reason", "")), str(body.get("message", "")))
        self._version = _version(body) or self._version
        if kind != "BOOKMARK":
            self._take(kind, body)

    def _take(self, change: str, body: Object) -> None:
        with self._lock:
            if change == "DELETED":
                self._objects.pop(_key(body), None)
            else:
                self._objects[_key(body)] = body
        if self._stopped.is_set():
            return
        try:
            self._on_change(change, body)
        except Exception:  # a fault of one who looks must not blind the others
            log.exception("a change of %s was not understood", self.kind.plural)

    def _seen(self) -> None:
        self.failure, self._pause = None, FIRST_PAUSE


def _change(line: bytes) -> Object:
    try:
        change = json.loads(line)
    except ValueError as error:  # cut in the middle
        raise KubeError(None, UNREACHABLE, "the watch broke off in the middle of a change") from error
    return change if isinstance(change, dict) else {}


def _key(body: Object) -> tuple[str, str]:
    about = body.get("metadata") or {}
    return str(about.get("namespace", "")), str(about.get("name", ""))


def _uid(body: Object) -> str:
    return str((body.get("metadata") or {}).get("uid", ""))


def _version(body: Object) -> str:
    return str((body.get("metadata") or {}).get("resourceVersion", ""))
