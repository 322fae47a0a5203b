"""Emptying an engine's prompt caches, so that a level does not profit from the one before."""

from __future__ import annotations

import time

from autotuner_core.control import Scope
from autotuner_core.deploy.http import get_json, interruptible, request
from autotuner_core.engines.profile import HttpCall

SECONDS = 10.0
_TIMEOUT = 5.0
_PAUSE = 0.05


def flush(host: str, port: int, call: HttpCall | None, scope: Scope) -> bool:
    """Empty the caches by the profile's call; whether the engine did. llama.cpp has no call for all of them: each of
    its slots is erased. Engines refuse while a request is still ending: asked again until 10 s are over. Raises
    Interrupted."""
    if call is None:
        return False
    deadline = time.monotonic() + SECONDS
    while True:
        left = deadline - time.monotonic()
        status = interruptible(lambda: _once(host, port, call), scope, left)
        if status == 200:
            return True
        if status in (404, 405, 501, None) or left < _PAUSE:
            return False
        scope.wait(_PAUSE)


def _once(host: str, port: int, call: HttpCall) -> int:
    if "{slot}" not in call.path:
        return request(host, port, call.method, call.path, _TIMEOUT)[0]
    slots = get_json(host, port, "/slots", _TIMEOUT)
    if not isinstance(slots, list):
        return 404
    for slot in slots:
        path = call.path.format(slot=slot["id"])
        status, _ = request(host, port, call.method, path, _TIMEOUT)
        if status != 200:
            return status
    return 200
