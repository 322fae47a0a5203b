"""The few calls to an API server that a controller makes, and its watches."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Object = dict[str, Any]

MERGE = "application/merge-patch+json"
WATCH_SECONDS = 600


class ApiError(Exception):
    """The API server refused; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status, self.message = status, message


class Api:
    """The API server that a kubeconfig names."""

    def __init__(self, kubeconfig: Path) -> None:
        from kubernetes.client.configuration import Configuration
        from kubernetes.client.rest import RESTClientObject
        from kubernetes.config import kube_config as loader

        self._configuration: Any = Configuration()
        self._configuration.retries = False
        self._configuration.connection_pool_maxsize = 16
        self._configuration.proxy = None
        kube_config: Any = loader
        kube_config.load_kube_config(str(kubeconfig), client_configuration=self._configuration, persist_config=False)
        self._pool: Any = RESTClientObject(self._configuration).pool_manager

    def call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Object:
        """The answer. Raises ApiError."""
        response = self._send(method, path, body, kind, stream=False)
        answer = json.loads(response.data)
        return answer if isinstance(answer, dict) else {}

    def get(self, path: str) -> Object | None:
        """The object, or None where there is none."""
        try:
            return self.call("GET", path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def watch(self, path: str, on_change: Callable[[str, Object], None]) -> None:
        """Call `on_change` with every object that is there, then with every change, for ever, by a thread."""
        threading.Thread(target=self._watch, args=(path, on_change), daemon=True).start()

    def _watch(self, path: str, on_change: Callable[[str, Object], None]) -> None:
        while True:
            try:
                listed = self.call("GET", path)
                for item in listed.get("items", ()):
                    on_change("ADDED", item)
                for change in self._changes(path, listed["metadata"]["resourceVersion"]):
                    on_change(change["type"], change["object"])
            except (ApiError, OSError, ValueError, KeyError):
                time.sleep(0.2)

    def _changes(self, path: str, version: str) -> Iterator[Object]:
        import urllib3

        query = f"{path}?watch=true&resourceVersion={version}&timeoutSeconds={WATCH_SECONDS}"
        rest = b""
        try:
            for piece in self._send("GET", query, None, "application/json", stream=True).stream(65536):
                *lines, rest = (rest + piece).split(b"\n")
                yield from map(json.loads, lines)
        except urllib3.exceptions.HTTPError as error:  # the API server went away in the middle
            raise OSError(str(error)) from error

    def _send(self, method: str, path: str, body: Any, kind: str, stream: bool) -> Any:
        import urllib3

        headers = {"Content-Type": kind, "Accept": "application/json"}
        if token := self._configuration.auth_settings().get("BearerToken"):
            headers["Authorization"] = token["value"]
        try:
            response = self._pool.request(
                method,
                self._configuration.host + path,
                body=None if body is None else json.dumps(body).encode(),
                headers=headers,
                timeout=urllib3.Timeout(connect=5, read=WATCH_SECONDS + 30 if stream else 30),
                preload_content=not stream,
            )
        except urllib3.exceptions.HTTPError as error:
            raise OSError(str(error)) from error
        if response.status >= 300:
            text = response.data.decode("utf-8", "replace")
            raise ApiError(response.status, json.loads(text).get("message", text) if text.startswith("{") else text)
        return response
