"""A server that answers like an API server does on its worse days: what it is told to, one answer a request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.login import Login
from autotuner_core.kube.pool import new_pool
from autotuner_core.kube.rest import Rest
from autotuner_core.kube.retries import Patience

Answer = tuple[int, Any, dict[str, str]]
HANG = object()
"""At the end of a stream: it stays open."""


def status(code: int, reason: str, message: str, **headers: str) -> Answer:
    return code, {"kind": "Status", "code": code, "reason": reason, "message": message}, headers


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: Sequence[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked, self.lock = list(answers), list[str](), threading.Lock()
        self.logins: list[str | None] = []
        self.over = threading.Event()

    def next(self, path: str, login: str | None) -> Answer:
        with self.lock:
            self.logins.append(login)
            self.asked.append(path)
            return self.answers.pop(0) if self.answers else (200, [HANG], {})


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        code, body, headers = self.server.next(self.path, self.headers.get("Authorization"))
        if code == 0:  # no answer at all
            self.close_connection = True
            return
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if isinstance(body, list):
            self._stream(body)
            return
        data = json.dumps(body).encode()
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, lines: list[Any]) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in lines:
            if line is HANG:
                self.server.over.wait(30)
            else:
                data = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
                self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass


class NoLogin(Rest):
    """The real connection, to a server that asks for no login."""

    def __init__(self, server: Server) -> None:
        self.address = f"http://127.0.0.1:{server.server_port}"
        super().__init__(Access())

    def _log_in(self, access: Access) -> Login:
        configuration = SimpleNamespace(host=self.address)
        return Login(self.address, "test", "ns", (), new_pool(configuration, None, {}), lambda: None)


@contextmanager
def serving(*answers: Answer) -> Iterator[tuple[Server, KubeClient, list[str]]]:
    """The server, a client of it that never waits between its tries, and what that was told."""
    server, told = Server(answers), list[str]()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server, KubeClient(NoLogin(server), Access(), Patience(wait=lambda seconds: None, tell=told.append)), told
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
