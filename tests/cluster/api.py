"""The few calls to the API server that bringing a cluster up takes: plain HTTPS, as the administrator."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

from .credentials import API_PORT
from .errors import ClusterError

JSON = "application/json"
MERGE = "application/merge-patch+json"
YAML = "application/yaml"


class Api:
    """The API server at an address."""

    def __init__(self, address: str, authority: Path, token: str) -> None:
        self.address, self.token = address, token
        self.trust = ssl.create_default_context(cafile=str(authority))

    def call(self, method: str, path: str, body: Any = None, kind: str = JSON) -> tuple[int, Any]:
        """Status and answer. Raises OSError where there is no connection."""
        return self.exchange(method, path, body, kind)[:2]

    def exchange(self, method: str, path: str, body: Any = None, kind: str = JSON) -> tuple[int, Any, list[str]]:
        """Status, answer, and the warnings beside it. Raises OSError where there is no connection."""
        connection = http.client.HTTPSConnection(self.address, API_PORT, timeout=30, context=self.trust)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        is_json = JSON in answer.headers.get("Content-Type", "")
        warnings = answer.headers.get_all("Warning") or []
        return answer.status, json.loads(text) if is_json else text.decode(), warnings

    def ask(self, method: str, path: str, body: Any = None, kind: str = JSON) -> Any:
        """The answer. Raises ClusterError where it is a refusal."""
        status, answer = self.call(method, path, body, kind)
        if status >= 300:
            reason = answer.get("message") if isinstance(answer, dict) else answer
            raise ClusterError(f"{method} {path}: {status} {reason}")
        return answer

    def ready(self) -> bool:
        """Whether the API server says that it is."""
        try:
            return self.call("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def there(self, path: str) -> bool:
        """Whether an object is there."""
        return self.call("GET", path)[0] == 200

    def create(self, path: str, manifest: bytes) -> None:
        """Create one object from its YAML or JSON."""
        self.ask("POST", path, manifest, YAML)

    def patch_status(self, path: str, status: dict[str, Any]) -> None:
        """Change an object's status."""
        self.ask("PATCH", f"{path}/status", {"status": status}, MERGE)
