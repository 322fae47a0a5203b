"""One request to the API server: authentication, timeouts, and its answer as bytes or as a stream of lines."""

from __future__ import annotations

import contextlib
import email.utils
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from autotuner_core.kube.access import Access, Login, log_in
from autotuner_core.kube.errors import UNREACHABLE, KubeError, error_of

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0  # a create may wait for webhooks, which Kubernetes gives 10 s each


class LineStream:
    """An answer that goes on, line by line. `close` ends it from any thread, at once."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        """Whole lines, without their ends; a last one without an end is given too. Raises KubeError when the connection
        breaks; ends in silence once it was closed."""
        import urllib3.exceptions

        rest = b""
        try:
            for piece in self._response.stream(65536, decode_content=True):
                *lines, rest = (rest + piece).split(b"\n")
                yield from lines
            if rest:
                yield rest
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # ValueError: read after close
            if not self._closed.is_set():
                raise KubeError(None, UNREACHABLE, f"the stream broke: {error}") from error
        finally:
            self._closed.set()
            self._response.close()

    def close(self) -> None:
        """End it: whoever reads it comes to its end, and closes what the reading holds."""
        if self._closed.is_set():
            return
        self._closed.set()
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # it has ended by itself meanwhile
            _shut(self._response)


def _shut(response: Any) -> None:
    """Shut the socket down under the reader. (Closing the response would take it away from under its hands.)"""
    shutdown = getattr(response, "shutdown", None)  # urllib3 2.3 and later
    if shutdown is not None:
        shutdown()
    elif (connection := getattr(response, "connection", None)) is not None and connection.sock is not None:
        connection.sock.shutdown(socket.SHUT_RDWR)


class Rest:
    """The connection to one API server. Thread-safe. Nothing is retried here, save a login that has run out once."""

    def __init__(self, access: Access) -> None:
        """Raises PreflightError."""
        self._access = access
        self._lock = threading.Lock()
        self._clock: tuple[float, float] | None = None
        self._enter(log_in(access))

    def _enter(self, login: Login) -> None:
        from kubernetes.client.rest import RESTClientObject

        self.login = login
        self._pool: Any = RESTClientObject(login.configuration).pool_manager

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
        response = self._send(method, path, query, body, content_type, READ_SECONDS, stream=False)
        return bytes(response.data)

    def stream(self, path: str, query: Mapping[str, str], read_seconds: float) -> LineStream:
        """An answer that goes on. Silence longer than `read_seconds` breaks it. Raises KubeError."""
        return LineStream(self._send("GET", path, query, None, "application/json", read_seconds, stream=True))

    def _send(
        self, method: str, path: str, query: Mapping[str, str], body: Any, kind: str, read: float, stream: bool
    ) -> Any:
        response = self._once(method, path, query, body, kind, read, stream)
        if response.status == 401:  # a token that ran out earlier than it said: log in anew, once
            response.drain_conn()
            self._log_in_again()
            response = self._once(method, path, query, body, kind, read, stream)
        if response.status >= 300:
            body_of_error = response.read() if stream else response.data
            raise error_of(response.status, body_of_error, response.headers.get("Retry-After"))
        return response

    def _log_in_again(self) -> None:
        from autotuner_core.failures import PreflightError

        with self._lock:
            try:
                self._enter(log_in(self._access))
            except PreflightError as error:
                raise KubeError(401, "Unauthorized", f"{error.message} {error.cure}") from error

    def _once(
        self, method: str, path: str, query: Mapping[str, str], body: Any, kind: str, read: float, stream: bool
    ) -> Any:
        from urllib.parse import urlencode

        import urllib3
        import urllib3.exceptions

        configuration, pool = self.login.configuration, self._pool
        url = f"{configuration.host}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            response = pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body).encode(),
                headers={**self._authorization(), "Accept": "application/json", "Content-Type": kind},
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read),
                preload_content=not stream,
                retries=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise KubeError(None, UNREACHABLE, f"{self.login.server} does not answer: {_plain(error)}") from error
        if (date := email.utils.parsedate_tz(response.headers.get("Date", ""))) is not None:
            self._clock = (email.utils.mktime_tz(date), time.monotonic())
        return response

    def _authorization(self) -> dict[str, str]:
        """Asks the plugin anew where its token has run out."""
        with self._lock:
            settings = self.login.configuration.auth_settings()
        token = settings.get("BearerToken")
        return {"Authorization": token["value"]} if token and token.get("value") else {}


def _plain(error: Exception) -> str:
    """What is wrong, without the objects that urllib3 names in front of it."""
    return str(error).rpartition(">: ")[2] or type(error).__name__
