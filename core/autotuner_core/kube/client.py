"""The tuner's Kubernetes client: plain objects (as JSON has them) in and out, every call with a time limit, and what is
worth retrying retried."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autotuner_core.kube.access import Access
from autotuner_core.kube.calls import Object
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import ACCESS_REVIEW, Kind
from autotuner_core.kube.lines import LineStream
from autotuner_core.kube.objects import Objects, selectors
from autotuner_core.kube.rest import Rest
from autotuner_core.kube.retries import Patience

WATCH_SLACK_SECONDS = 15.0
"""The server ends a watch when it was told to: one that is silent for longer is dead. (Bookmarks are no sign of life:
none is sent while nothing of the kind changes anywhere in the cluster.)"""


@dataclass(frozen=True)
class Right:
    """Whether the user may do a thing; `reason` is the API server's, where it gives one."""

    allowed: bool
    reason: str = ""


class KubeClient(Objects):
    """The access to one cluster. Thread-safe; one per run. All methods raise KubeError. `requests` counts what was
    asked, by verb and kind; `tell` is given a line when something has to be tried again."""

    def __init__(self, rest: Rest, access: Access, patience: Patience | None = None) -> None:
        super().__init__(rest, patience or Patience())
        self.access = access

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

    def first_answer(self) -> Object:
        """The same, to begin with: a server that is busy is asked again; an address at which nobody answers is most
        likely the wrong one, or one that this machine does not reach: that is told at once."""
        try:
            return self.patient(seconds=0).version()
        except KubeError as error:
            if error.status is None or not error.worth_retrying:
                raise
        return self.version()

    def versions_of(self, group: str) -> tuple[str, ...]:
        """The versions in which the API has a group of kinds, the preferred one first; none where it has no such group.
        Everybody who may log in may ask. Raises KubeError."""
        try:
            said = self._call("get", "version", "GET", f"/apis/{group}")
        except KubeError as error:
            if error.status == 404:
                return ()
            raise
        return tuple(str(version["version"]) for version in (said["preferredVersion"], *said["versions"]))

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
            **selectors(labels, fields),
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
