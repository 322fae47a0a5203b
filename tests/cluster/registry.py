"""The registry that every image name leads to which is not on the node: it has no image, and says so as others do.

Run inside a cluster's namespaces: `python -m tests.cluster.registry ADDRESS PORT`. What it answers is in the name:
`.../private/...` asks for credentials that nobody has, `.../slow/...` never answers, all else is not found.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 5000


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if "/slow/" in self.path:
            threading.Event().wait()
        elif self.path.startswith("/token") or "/private/" in self.path:
            realm = f'Bearer realm="http://{self.headers["Host"]}/token",service="registry"'
            self.answer(401, "UNAUTHORIZED", "authentication required", {"WWW-Authenticate": realm})
        else:
            self.answer(404, "MANIFEST_UNKNOWN", "manifest unknown", {})

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(self, status: int, code: str, message: str, headers: dict[str, str]) -> None:
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.send_response(status)
        for name, value in (headers | {"Content-Type": "application/json", "Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True


if __name__ == "__main__":
    _Server((sys.argv[1], int(sys.argv[2])), _Handler).serve_forever()
