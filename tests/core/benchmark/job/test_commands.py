"""Commands to a launcher in a pod: taken once, however the way there behaves."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from autotuner_core.benchmark.job.commands import send


@contextmanager
def launcher(answers: list[bool]) -> Iterator[tuple[int, list[str]]]:
    """A launcher that answers or hangs up, connection by connection; its port, and the keys that it was sent."""
    keys: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as file:
                keys.append(json.loads(file.readline())["key"])
                if answer:
                    file.write(json.dumps({"taken": keys[-1]}).encode() + b"\n")
                    file.flush()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], keys
    finally:
        thread.join(10)
        listener.close()


def at_once(_: float) -> bool:
    return True


def test_a_command_that_was_lost_on_its_way_is_sent_again_as_the_same_one() -> None:
    with launcher([False, False, True]) as (port, keys):
        assert send(port, {"cmd": "end"}, 60.0, at_once)
    assert len(keys) == 3 and len(set(keys)) == 1


def test_nobody_is_asked_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    waits: list[float] = []
    assert not send(port, {"cmd": "end"}, 0.25, lambda seconds: not waits.append(seconds) and not Event().wait(seconds))
    assert sum(waits) <= 0.25
    assert not send(port, {"cmd": "end"}, 60.0, lambda _: False)


def test_a_way_that_comes_back_late_costs_no_experiment() -> None:
    """An API server that is started anew takes half a minute: many tries, and pauses that stay short."""
    waits: list[float] = []
    with launcher([False] * 40 + [True]) as (port, _):
        assert send(port, {"cmd": "level"}, 75.0, lambda seconds: not waits.append(seconds))
    assert sum(waits) > 30 and max(waits) == 1.0
