"""Commands to a launcher in a pod, through a port-forward: each is carried out once, however often it was sent."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Callable, Mapping
from typing import Any

TRY_SECONDS, PAUSE_SECONDS = 5.0, 0.1


def send(port: int, command: Mapping[str, Any], tries: int, wait: Callable[[float], bool]) -> bool:
    """Have the launcher behind this port of this machine take a command; False where it did not after so many tries, or
    `wait`, which is called between two of them, says that there is nobody any more."""
    line = json.dumps({**command, "key": uuid.uuid4().hex}).encode() + b"\n"
    for number in range(tries):
        if number and not wait(PAUSE_SECONDS * number):
            return False
        if _taken(port, line):
            return True
    return False


def _taken(port: int, line: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TRY_SECONDS) as connection:
            connection.sendall(line)
            return b'"taken"' in connection.makefile("rb").readline()
    except OSError:
        return False
