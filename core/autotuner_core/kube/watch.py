"""What there is of one kind, kept up to date by a watch: one thread, however many look at it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from autotuner_core.kube.errors import UNREACHABLE, KubeError
from autotuner_core.kube.kinds import Kind

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient
    from autotuner_core.kube.lines import LineStream

log = logging.getLogger(__name__)

Object = dict[str, Any]
OnChange = Callable[[str, Object], None]

WATCH_SECONDS = 300
"""A watch is opened anew after this time: what it costs in requests is small, and connections that live for ever are
cut by what lies between."""
STEADY_SECONDS = 1.0
"""A watch that was up for so long is taken up again at once; whoever ends them sooner is not asked without end."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0
"""Seconds between two tries to see something again; so nobody is blind for longer than half a minute, while the API
server answers lists."""


class Informer:
    """The newest state of every object of a kind in a namespace. `on_change` is called with ADDED, MODIFIED or DELETED
    and the object, by the informer's thread, in the order of what happened. A watch that broke is taken up where it
    was; where that cannot be, a list makes up for what was missed. `synced` is set once everything has been seen;
    `failure` is set while nothing can be seen: not even a list is answered."""

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
        self._pause = 0.0
        self._heard = 0.0
        self._is_stale = False
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

    def freshen(self, seconds: float) -> None:
        """Where nothing has been heard for so long, list beside the watch: whoever waits for a change is not left to a
        connection that only looks alive. Does not wait."""
        with self._lock:
            if time.monotonic() - self._heard < seconds or not self.synced.is_set():
                return
            self._heard = time.monotonic()
        threading.Thread(target=self._check, name=f"check-{self.kind.plural}", daemon=True).start()

    def objects(self) -> list[Object]:
        """All objects as they were seen last. They are shared: not to be changed."""
        with self._lock:
            return list(self._objects.values())

    def get(self, name: str, namespace: str | None = None) -> Object | None:
        """The object of this name as it was seen last."""
        with self._lock:
            return self._objects.get((namespace or self._namespace or "", name))

    def _run(self) -> None:
        while not self._stopped.wait(self._pause):
            began = time.monotonic()
            if self._look() and time.monotonic() - began >= STEADY_SECONDS:
                self._pause = 0.0
            else:
                self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)

    def _look(self) -> bool:
        """List where nothing is known, then watch until that ends; whether there was a watch."""
        try:
            if self._is_stale or not self._version:
                self._list()
        except KubeError as error:
            self._blind(error)
            return False
        except Exception as error:  # a fault of this program must not end the watch in silence
            log.exception("%s cannot be listed", self.kind.plural)
            self._blind(KubeError(None, type(error).__name__, str(error)))
            return False
        return self._watch()

    def _check(self) -> None:
        """A watch that has told all there is goes on: that costs one request. Any other is given up."""
        try:
            there = _versions(self._client.list(self.kind, self._namespace, self._labels)[0])
        except KubeError:
            there = None
        with self._lock:
            if there == _versions(self._objects.values()):
                return
            self._is_stale, stream = True, self._stream
        if stream is not None:
            stream.close()

    def _blind(self, error: KubeError) -> None:
        if not self._stopped.is_set():
            log.warning("%s cannot be seen for now: %s", self.kind.plural, error)
            self.failure = error

    def _list(self) -> None:
        self._is_stale = False
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
        self._version, self.failure, self._heard = version, None, time.monotonic()
        self.synced.set()

    def _watch(self) -> bool:
        """Take what a watch tells until it ends; whether it could be opened. `_version` is empty then where it cannot
        be taken up again."""
        try:
            stream = self._client.watch(
                self.kind, self._namespace, self._version, labels=self._labels, seconds=WATCH_SECONDS
            )
        except KubeError as error:
            log.info("%s cannot be watched for now: %s", self.kind.plural, error)
            self._version = ""
            return False
        with self._lock:
            self._stream = stream
        self.failure, self._heard = None, time.monotonic()
        try:
            for line in stream if not (self._stopped.is_set() or self._is_stale) else ():
                if self._stopped.is_set():
                    break
                self._heard = time.monotonic()
                self._one(_change(line))
        except KubeError as error:  # without a status: the connection broke, or a change was cut in the middle
            log.debug("the watch of %s ended: %s", self.kind.plural, error)
            if error.status is not None:
                self._version = ""
        finally:
            stream.close()
        return True

    def _one(self, change: Object) -> None:
        kind, body = str(change.get("type")), change.get("object") or {}
        if kind == "ERROR":
            raise KubeError(int(body.get("code") or 500), str(body.get("reason", "")), str(body.get("message", "")))
        self._version = _version(body) or self._version
        if kind in ("ADDED", "MODIFIED", "DELETED"):
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


def _change(line: bytes) -> Object:
    try:
        change = json.loads(line)
    except ValueError as error:  # cut in the middle
        raise KubeError(None, UNREACHABLE, "the watch broke off in the middle of a change") from error
    return change if isinstance(change, dict) else {}


def _key(body: Object) -> tuple[str, str]:
    about = body.get("metadata") or {}
    return str(about.get("namespace", "")), str(about.get("name", ""))


def _versions(objects: Iterable[Object]) -> dict[tuple[str, str], str]:
    return {_key(body): _version(body) for body in objects}


def _uid(body: Object) -> str:
    return str((body.get("metadata") or {}).get("uid", ""))


def _version(body: Object) -> str:
    return str((body.get("metadata") or {}).get("resourceVersion", ""))
