"""Commands to a launcher in a pod, through a port-forward: each is carried out once, however often it was sent."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

TRY_SECONDS, PAUSE_SECONDS, LONGEST_PAUSE = 5.0, 0.1, 1.0


def send(port: int, command: Mapping[str, Any], seconds: float, wait: Callable[[float], bool]) -> bool:
    """Have the launcher behind this port of this machine take a command, tried for so many seconds and once at least;
    False where it did not, or `wait`, which is called between two tries, says that there is nobody any more."""
    line = json.dumps({**command, "key": uuid.uuid4().hex}).encode() + b"\n"
    deadline, pause = time.monotonic() + seconds, PAUSE_SECONDS
    while not _taken(port, line):
        if time.monotonic() + pause > deadline or not wait(pause):
            return False
        pause = min(pause + PAUSE_SECONDS, LONGEST_PAUSE)
    return True


def _taken(port: int, line: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TRY_SECONDS) as connection:
            connection.sendall(line)
            return b'"taken"' in connection.makefile("rb").readline()
    except OSError:
        return False
