"""A relay before the API server that can go deaf: its connections stay open, and nothing comes through any more."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

from cluster.cluster import Cluster
from on_cluster.logins import kubeconfig_of


class Relay:
    """`port` leads to `target`. `freeze` silences every connection that there is; new ones work. `close` it."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._frozen = threading.Event()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def freeze(self) -> None:
        """Nothing more comes through what is connected now."""
        self._frozen.set()
        self._frozen = threading.Event()

    def kubeconfig(self, cluster: Cluster, file: Path) -> Path:
        """The cluster's kubeconfig, written to `file`, with the way through the relay."""
        server = {"server": f"https://127.0.0.1:{self.port}", "tls-server-name": cluster.address}
        return kubeconfig_of(cluster, None, file, **server)

    def close(self) -> None:
        """End it, with its connections."""
        for one in (self._server, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._server.accept()
                theirs = socket.create_connection(self._target)
                self._open += [ours, theirs]
                for source, sink in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=_pump, args=(source, sink, self._frozen), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, frozen: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if frozen.is_set():
                continue  # taken, and never handed on
            sink.sendall(data)
        if not frozen.is_set():
            sink.shutdown(socket.SHUT_WR)
