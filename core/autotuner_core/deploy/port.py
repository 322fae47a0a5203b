"""A free port for an engine, without a race: reserved until the engine itself listens on it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from typing import Any

import psutil

LOOPBACK = "127.0.0.1"


class ReservedPort:
    """A port that nobody else is given. A server that sets SO_REUSEADDR or SO_REUSEPORT, as HTTP servers do, can
    listen on it all the same; `release` once it does."""

    def __init__(self, host: str = LOOPBACK) -> None:
        self._socket: socket.socket | None = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._socket.bind((host, 0))  # and no listen: connections go to the engine alone
        except OSError:
            self._socket.close()
            raise
        self.number: int = self._socket.getsockname()[1]

    def release(self) -> None:
        """Give the reservation up. Safe to call twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def foreign_listener(port: int, ours: Iterable[int]) -> str | None:
    """Who listens on the port in place of the processes `ours`, in words; None where they do, or it cannot be told
    (a process of another user, a container)."""
    ours = set(ours)
    if any(_listens(pid, port) for pid in ours):
        return None
    for pid in psutil.pids():
        if pid not in ours and _listens(pid, port):
            with contextlib.suppress(psutil.Error):
                return f"pid {pid} ({psutil.Process(pid).name()})"
    return None


def _listens(pid: int, port: int) -> bool:
    try:
        connections = _connections(psutil.Process(pid))
    except (psutil.Error, OSError):
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port for c in connections)


def _connections(process: psutil.Process) -> list[Any]:
    ask = getattr(process, "net_connections", None) or process.connections  # the name before psutil 6
    return list(ask(kind="tcp"))
