"""The tuner's Kubernetes client: plain objects (as JSON has them) in and out, every call with a time limit, and what is
worth retrying retried."""

from __future__ import annotations

import collections
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotuner_core.kube.access import Access
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import ACCESS_REVIEW, Kind
from autotuner_core.kube.rest import LineStream, Rest
from autotuner_core.kube.retries import Patience

Object = dict[str, Any]

WATCH_SLACK_SECONDS = 15.0  # the server ends a watch when it was told to; one that is silent for longer is dead
PAGE = 500  # objects in one answer of a list


@dataclass(frozen=True)
class Right:
    """Whether the user may do a thing; `reason` is the API server's, where it gives one."""

    allowed: bool
    reason: str = ""


class KubeClient:
    """The access to one cluster. Thread-safe; one per run. All methods raise KubeError. `requests` counts what was
    asked, by verb and kind; `tell` is given a line when something has to be tried again."""

    def __init__(self, rest: Rest, access: Access, patience: Patience | None = None) -> None:
        self._rest, self.access = rest, access
        self._patience = patience or Patience()
        self._counting = threading.Lock()
        self.requests: collections.Counter[tuple[str, str]] = collections.Counter()

    @classmethod
    def connect(cls, access: Access) -> KubeClient:
        """Find the way in; nothing is asked yet. Raises PreflightError with the cure."""
        return cls(Rest(access), access)

    def patient(
        self,
        *,
        seconds: float | None = None,
        wait: Callable[[float], None] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> KubeClient:
        """The same client with another patience: for how long calls are tried again (0: not at all), by what they wait
        meanwhile (it may raise, to end them), and to whom it is told."""
        other = KubeClient(self._rest, self.access, self._patience.changed(seconds, wait, tell))
        other.requests, other._counting = self.requests, self._counting
        return other

    @property
    def server(self) -> str:
        return str(self._rest.login.server)

    @property
    def context(self) -> str:
        return self._rest.login.context

    @property
    def namespace(self) -> str | None:
        """The context's own."""
        return self._rest.login.namespace

    @property
    def kubeconfig_files(self) -> tuple[Path, ...]:
        """Empty where the pod's own account is used."""
        return self._rest.login.files

    def server_now(self) -> float:
        """The API server's clock, in seconds since the epoch, to about a second."""
        if self._rest.server_now() is None:
            self.version()
        return self._rest.server_now() or time.time()

    def version(self) -> Object:
        """What the API server says of its version."""
        return self._call("get", "version", "GET", "/version")

    # ---- objects

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Object | None:
        """The object, or None where there is none."""
        try:
            return self._call("get", kind.name, "GET", kind.path(namespace, name))
        except KubeError as error:
            if error.status == 404 and not (kind.namespaced and _namespace_is_gone(error)):
                return None
            raise

    def list(
        self, kind: Kind, namespace: str | None = None, labels: str = "", fields: str = ""
    ) -> tuple[list[Object], str]:
        """All objects of a kind (without a namespace: of all namespaces), and the resourceVersion to watch from."""
        items: list[Object] = []
        query = {"limit": str(PAGE), **_selectors(labels, fields)}
        while True:
            page = self._call("list", kind.name, "GET", kind.path(namespace), query)
            items += page.get("items") or ()
            about = page.get("metadata") or {}
            if not about.get("continue"):
                return items, str(about.get("resourceVersion", ""))
            query["continue"] = about["continue"]

    def create(
        self, kind: Kind, body: Mapping[str, Any], namespace: str | None = None, *, dry_run: bool = False
    ) -> Object:
        """Make it; unknown fields are refused. Where an answer was lost and the call tried again, AlreadyExists (409)
        may mean that it was made by this very call."""
        query = {"fieldValidation": "Strict", "fieldManager": "autotuner-tui", **({"dryRun": "All"} if dry_run else {})}
        return self._call("create", kind.name, "POST", kind.path(namespace), query, body)

    def patch(
        self, kind: Kind, name: str, body: Mapping[str, Any], namespace: str | None = None, *, subresource: str = ""
    ) -> Object:
        """Merge `body` into it (RFC 7386)."""
        path, query = kind.path(namespace, name, subresource), {"fieldValidation": "Strict"}
        return self._call("patch", kind.name, "PATCH", path, query, body, "application/merge-patch+json")

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        propagation: str = "Foreground",
        grace: int | None = None,
    ) -> bool:
        """Begin to delete it. False where there is none, or, with `uid`, where it is another one by now."""
        body: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        try:
            self._call("delete", kind.name, "DELETE", kind.path(namespace, name), {}, body)
        except KubeError as error:
            if error.status == 404 or (error.status == 409 and uid is not None):
                return False
            raise
        return True

    # ---- streams: not retried here

    def watch(
        self,
        kind: Kind,
        namespace: str | None,
        resource_version: str,
        *,
        labels: str = "",
        fields: str = "",
        seconds: int,
    ) -> LineStream:
        """The changes of a kind, a JSON text with `type` and `object` a line, for so many seconds."""
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(seconds),
            **_selectors(labels, fields),
        }
        self._count("watch", kind.name)
        return self._rest.stream(kind.path(namespace), query, seconds + WATCH_SLACK_SECONDS)

    def pod_log(
        self,
        pod: str,
        namespace: str,
        container: str,
        *,
        previous: bool = False,
        tail: int | None = None,
        since: str | None = None,
        timestamps: bool = False,
    ) -> Iterator[str]:
        """The lines of a container's log as they are now; `previous`: of the one before its last restart. `since` is an
        RFC 3339 time."""
        query = _log_query(container, previous, tail, since, timestamps)
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        self._count("get", "Pod/log")
        text = self._patience.call(lambda: self._rest.request("GET", path, query))
        return iter(text.decode("utf-8", "surrogateescape").rstrip("\n").split("\n") if text else ())

    def follow_log(
        self, pod: str, namespace: str, container: str, *, since: str | None = None, read_seconds: float
    ) -> LineStream:
        """A container's log with its times, as it grows. Silence of `read_seconds` breaks it."""
        query = {**_log_query(container, False, None, since, True), "follow": "true"}
        self._count("get", "Pod/log")
        return self._rest.stream(f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query, read_seconds)

    # ---- rights

    def may(
        self, verb: str, kind: Kind, namespace: str | None = None, *, subresource: str = "", name: str = ""
    ) -> Right:
        """Whether this user may do it, as the API server says."""
        about = {"verb": verb, "group": kind.group, "resource": kind.plural, "subresource": subresource, "name": name}
        if kind.namespaced and namespace:
            about["namespace"] = namespace
        body = {
            "apiVersion": ACCESS_REVIEW.api_version,
            "kind": ACCESS_REVIEW.name,
            "spec": {"resourceAttributes": {key: value for key, value in about.items() if value}},
        }
        status = self._call("create", ACCESS_REVIEW.name, "POST", ACCESS_REVIEW.path(), {}, body).get("status") or {}
        return Right(bool(status.get("allowed")), str(status.get("reason", "")))

    def _call(
        self,
        verb: str,
        what: str,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Object:
        def once() -> bytes:
            self._count(verb, what)
            return self._rest.request(method, path, query or {}, body, content_type)

        answer = json.loads(self._patience.call(once) or b"{}")
        return answer if isinstance(answer, dict) else {"value": answer}

    def _count(self, verb: str, what: str) -> None:
        with self._counting:
            self.requests[verb, what] += 1


def _namespace_is_gone(error: KubeError) -> bool:
    return 'namespaces "' in error.message


def _selectors(labels: str, fields: str) -> dict[str, str]:
    return {key: value for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}


def _log_query(container: str, previous: bool, tail: int | None, since: str | None, times: bool) -> dict[str, str]:
    query = {"container": container}
    if previous:
        query["previous"] = "true"
    if tail is not None:
        query["tailLines"] = str(tail)
    if since is not None:
        query["sinceTime"] = since
    if times:
        query["timestamps"] = "true"
    return query
