"""A way to the API server that answers by itself for a while, as one does that is overloaded, broken, or has forgotten
what its watches saw."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import threading
from collections import Counter
from pathlib import Path

from cluster.cluster import Cluster
from waiting import wait_for

Answer = bytes


def status(code: int, reason: str, message: str, **headers: str) -> Answer:
    """A refusal as the API server writes it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
    return _answer(code, {**body, "code": code, "reason": reason, "message": message}, headers)


def expired() -> Answer:
    """A watch that was opened, and says at once that what it was to begin from is too old."""
    body = {"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old"}
    return _answer(200, {"type": "ERROR", "object": body}, {})


def _answer(code: int, body: object, headers: dict[str, str]) -> Answer:
    data = json.dumps(body).encode() + b"\n"
    lines = [f"HTTP/1.1 {code} Said", "Content-Type: application/json", f"Content-Length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + data


class RudeApi:
    """`kubeconfig` leads to it; who comes is the administrator. From `answer` to `behave`, requests whose first line
    fits are answered so; `answered` counts them. `lose` is for single ones. `close` it."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        command = [cluster.bin / "kubectl", "--kubeconfig", cluster.kubeconfig, "proxy", "--port=0"]
        self._proxy = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._proxy.stdout is not None
        self._target = ("127.0.0.1", int(self._proxy.stdout.readline().rpartition(":")[2]))
        self._server = socket.create_server(("127.0.0.1", 0))
        self._rule: tuple[re.Pattern[str], Answer] | None = None
        self._lost: list[re.Pattern[str]] = []
        self._open: list[socket.socket] = []
        self.answered: Counter[str] = Counter()
        self.kubeconfig = folder / "rude-kubeconfig"
        self.kubeconfig.write_text(json.dumps(_kubeconfig(f"http://127.0.0.1:{self._server.getsockname()[1]}")))
        threading.Thread(target=self._accept, name="rude-api", daemon=True).start()

    def answer(self, fits: str, answer: Answer) -> None:
        """From now on; `fits` is a regular expression for the request line, as `GET .*watch=true`."""
        self._rule = re.compile(fits), answer

    def lose(self, *fits: str) -> None:
        """The next request that fits one of these is carried out, and the connection breaks before it is answered."""
        self._lost = [re.compile(one) for one in fits]

    def behave(self) -> None:
        """Everything comes through again."""
        self._rule = None

    def until_answered(self, times: int, what: str) -> None:
        """Wait until so many more requests were answered so."""
        before = self.answered.total()
        wait_for(lambda: self.answered.total() >= before + times, 60, what=what)

    def cut(self) -> None:
        """Break every connection that there is."""
        connected, self._open = self._open, []
        for one in connected:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it, with its connections."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()
        self._proxy.kill()
        self._proxy.wait()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(ours,), daemon=True).start()

    def _serve(self, ours: socket.socket) -> None:
        """One request a connection: the next one is looked at too."""
        with contextlib.suppress(OSError), ours:
            said = b""
            while b"\r\n\r\n" not in said:
                if not (data := ours.recv(65536)):
                    return
                said += data
            head, _, body = said.partition(b"\r\n\r\n")
            line = head.partition(b"\r\n")[0].decode()
            if (lost := next((one for one in self._lost if one.search(line)), None)) is not None:
                self._lost.remove(lost)
                self._carry_out(ours, head, body)
                return
            if (rule := self._rule) is not None and rule[0].search(line):
                self.answered[line.split()[0]] += 1
                _take_body(ours, head, body)
                ours.sendall(rule[1])
                return
            self._pass_on(ours, head, body)

    def _carry_out(self, ours: socket.socket, head: bytes, body: bytes) -> None:
        """Here the answer ends."""
        head = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        with socket.create_connection(self._target) as theirs:
            theirs.sendall(head + b"\r\n\r\n" + body)
            threading.Thread(target=_pump, args=(ours, theirs), daemon=True).start()
            while theirs.recv(65536):
                pass

    def _pass_on(self, ours: socket.socket, head: bytes, body: bytes) -> None:
        lines = head.split(b"\r\n")
        if b"upgrade:" not in head.lower():
            lines = [one for one in lines if not one.lower().startswith(b"connection:")] + [b"Connection: close"]
        with socket.create_connection(self._target) as theirs:
            self._open += [ours, theirs]
            theirs.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            threading.Thread(target=_pump, args=(ours, theirs), daemon=True).start()
            _pump(theirs, ours)


def _take_body(ours: socket.socket, head: bytes, body: bytes) -> None:
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    left = (int(length[1]) if length else 0) - len(body)
    while left > 0 and (data := ours.recv(65536)):
        left -= len(data)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for one in (source, sink):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _kubeconfig(server: str) -> dict[str, object]:
    context = {"cluster": "rude", "user": "nobody"}
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "rude",
        "clusters": [{"name": "rude", "cluster": {"server": server}}],
        "users": [{"name": "nobody", "user": {}}], "contexts": [{"name": "rude", "context": context}],
    }  # fmt: skip
