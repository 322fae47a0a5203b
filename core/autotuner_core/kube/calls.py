"""Calls to the API server that answer with an object: counted, and tried again where that is of use."""

from __future__ import annotations

import collections
import json
import threading
from collections.abc import Mapping
from typing import Any

from autotuner_core.kube.errors import UNREACHABLE, KubeError
from autotuner_core.kube.rest import Rest
from autotuner_core.kube.retries import Patience

Object = dict[str, Any]


class Calls:
    """`requests` counts what was asked, by verb and kind. Thread-safe."""

    def __init__(self, rest: Rest, patience: Patience) -> None:
        self._rest, self._patience = rest, patience
        self._counting = threading.Lock()
        self.requests: collections.Counter[tuple[str, str]] = collections.Counter()

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

        answer = _json(self._patience.call(once) or b"{}")
        if not isinstance(answer, dict):
            raise KubeError(
                None, UNREACHABLE, f"{self._rest.login.server} does not answer as an API server: is a proxy between?"
            )
        return answer

    def _count(self, verb: str, what: str) -> None:
        with self._counting:
            self.requests[verb, what] += 1


def _json(answer: bytes) -> Any:
    """None for what is none."""
    try:
        return json.loads(answer)
    except ValueError:
        return None
