from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from autotuner_core.deploy.port import LOOPBACK, ReservedPort, foreign_listener

LISTENER = (
    "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); print(1, flush=True); input()"
)


def test_two_engines_get_the_same_port() -> None:
    ports = [ReservedPort() for _ in range(50)]
    assert len({port.number for port in ports}) == 50
    for port in ports:
        port.release()
        port.release()


def test_a_stranger_takes_the_port_before_the_engine_listens() -> None:
    port = ReservedPort()
    with socket.socket() as stranger, pytest.raises(OSError):
        stranger.bind((LOOPBACK, port.number))
    with socket.socket() as engine:
        engine.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        engine.bind((LOOPBACK, port.number))
        engine.listen()
    port.release()


def test_the_answers_of_another_server_are_measured() -> None:
    port = ReservedPort()
    child = subprocess.Popen(
        [sys.executable, "-c", LISTENER, str(port.number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout is not None and child.stdout.readline() == b"1\n"
        assert foreign_listener(port.number, [child.pid]) is None
        said = foreign_listener(port.number, [os.getpid()])
        assert said is not None and str(child.pid) in said
    finally:
        child.kill()
        child.communicate()
    assert foreign_listener(port.number, [os.getpid()]) is None  # nobody: it cannot be told
    port.release()
