"""Plain HTTP to an engine: never through a proxy, and never waited for longer than a Scope allows."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from autotuner_core.control import Scope
from autotuner_core.json_value import json_value

Answer = TypeVar("Answer")


def request(host: str, port: int, method: str, path: str, timeout: float) -> tuple[int, bytes]:
    """Status and body. Raises OSError or http.client.HTTPException where there is no answer."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request(method, path, headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def get_json(host: str, port: int, path: str, timeout: float) -> Any:
    """The body of a GET as JSON; None where there is none."""
    try:
        status, body = request(host, port, "GET", path, timeout)
        return json_value(body) if status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None


def interruptible(work: Callable[[], Answer], scope: Scope, seconds: float) -> Answer | None:
    """Do `work`, which may hang, in a thread of its own. None when it is not done in time, or failed by its connection.

    Raises Interrupted at once when the attempt is asked to end; the thread ends by its own timeouts.
    """
    done = threading.Event()
    answers: list[Answer] = []

    def run() -> None:
        try:
            answers.append(work())
        except (OSError, http.client.HTTPException):
            answers.clear()  # no answer is the answer
        finally:
            done.set()
            scope.control.notify()

    threading.Thread(target=run, name="http", daemon=True).start()
    scope.wait_until(done.is_set, seconds)
    return answers[0] if answers else None
