"""One request to the API server: authentication, timeouts, and its answer as bytes or as a stream of lines."""

from __future__ import annotations

import email.utils
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from autotuner_core.failures import PreflightError
from autotuner_core.kube.access import Access, log_in
from autotuner_core.kube.errors import UNREACHABLE, KubeError, error_of
from autotuner_core.kube.lines import LineStream
from autotuner_core.kube.login import Login
from autotuner_core.version import VERSION

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0  # a create may wait for webhooks, which Kubernetes gives 10 s each
USER_AGENT = f"autotuner-tui/{VERSION}"  # as the API server's audit has it
REFUSED_SECONDS = 2.0  # a login that failed is not tried again before: many threads ask at once


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    content_type: str = "application/json"
    read_seconds: float = READ_SECONDS
    stream: bool = False


class Rest:
    """The connection to one API server. Thread-safe. Nothing is retried here, save a login that has run out once."""

    def __init__(self, access: Access) -> None:
        """Raises PreflightError."""
        self._lock = threading.Lock()
        self._clock: tuple[float, float] | None = None
        self._refused: tuple[float, KubeError] | None = None
        self.login = self._log_in(access)
        # Who changes the current context later does not take this client to another cluster.
        self._access = replace(access, context=self.login.context) if self.login.files else access

    def _log_in(self, access: Access) -> Login:
        """Raises PreflightError."""
        return log_in(access)

    def server_now(self) -> float | None:
        """The API server's clock, seconds since the epoch; None before its first answer. Its answers tell whole
        seconds: half a one is added."""
        if self._clock is None:
            return None
        said, then = self._clock
        return said + 0.5 + time.monotonic() - then

    def request(
        self, method: str, path: str, query: Mapping[str, str], body: Any = None, content_type: str = "application/json"
    ) -> bytes:
        """The answer's body. Raises KubeError."""
        return bytes(self._send(_Request(method, path, query, body, content_type)).data)

    def stream(self, path: str, query: Mapping[str, str], read_seconds: float) -> LineStream:
        """An answer that goes on. Silence longer than `read_seconds` breaks it. Raises KubeError."""
        return LineStream(self._send(_Request("GET", path, query, read_seconds=read_seconds, stream=True)))

    def _send(self, request: _Request) -> Any:
        login = self.login
        if login.has_run_out(self.server_now() or time.time()):
            login = self._log_in_again(login)
        response = self._once(login, request)
        if response.status == 401:  # a token that ran out earlier than it said: log in anew, once
            response.drain_conn()
            response = self._once(self._log_in_again(login), request)
        if response.status >= 300:
            body = response.read() if request.stream else response.data
            raise error_of(response.status, body, response.headers.get("Retry-After"))
        return response

    def _log_in_again(self, old: Login) -> Login:
        """The login that comes after `old`: by whoever asks first. Raises KubeError."""
        with self._lock:
            if self.login is not old:
                return self.login
            if self._refused is not None and time.monotonic() - self._refused[0] < REFUSED_SECONDS:
                raise self._refused[1]
            try:
                new = self._log_in(self._access)
            except PreflightError as error:
                refusal = KubeError(401, "Unauthorized", f"{error.message}. {error.cure}")
                self._refused = time.monotonic(), refusal
                raise refusal from error
            if new.server != old.server:
                raise KubeError(401, "Unauthorized", f"context {old.context} leads to {new.server} now: another server")
            self.login = new
            return new

    def _once(self, login: Login, request: _Request) -> Any:
        import urllib3
        import urllib3.exceptions

        headers = {"Accept": "application/json", "Content-Type": request.content_type, "User-Agent": USER_AGENT}
        if (authorization := login.authorization()) is not None:
            headers["Authorization"] = authorization
        try:
            response = login.pool.request(
                request.method,
                f"{login.server}{request.path}" + (f"?{urlencode(request.query)}" if request.query else ""),
                body=None if request.body is None else json.dumps(request.body).encode(),
                headers=headers,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=request.read_seconds),
                preload_content=not request.stream,
                retries=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise KubeError(None, UNREACHABLE, f"{login.server} does not answer: {_plain(error)}") from error
        if (date := email.utils.parsedate_tz(response.headers.get("Date", ""))) is not None:
            self._clock = (email.utils.mktime_tz(date), time.monotonic())
        return response


def _plain(error: Exception) -> str:
    """What is wrong, without the objects that urllib3 names in front of it."""
    return str(error).rpartition(">: ")[2] or type(error).__name__
