"""Asks the run's host for something without ever holding the view up: each request waits in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autotuner_core.run.folder import RunFolder

ANSWER_SECONDS = 5.0
MOST_AT_ONCE = 8
"""A key that is held down must not make a thread for each of its repeats."""


@dataclass(frozen=True)
class Request:
    """A command of the control socket."""

    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Steerer:
    """`answers` gets what the host said, in words; `wake` is called whenever there is something new in it."""

    def __init__(self, folder: RunFolder, wake: Callable[[], None]) -> None:
        self.answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._folder, self._wake = folder, wake
        self._under_way = threading.BoundedSemaphore(MOST_AT_ONCE)

    def send(self, request: Request) -> str:
        """Begin to ask; gives what to show until there is an answer."""
        if not self._under_way.acquire(blocking=False):
            return "the host has not answered yet"
        threading.Thread(target=self._ask, args=(request,), name=f"ask-{request.command}", daemon=True).start()
        return f"asking the run's host: {request.command}"

    def answer(self, message: str) -> None:
        """Have the view show this, as if the host had said it. Thread-safe."""
        self.answers.put(message)
        self._wake()

    def _ask(self, request: Request) -> None:
        from autotuner_core.steer.client import NoHost, ask

        try:
            answer = ask(self._folder, request.command, request.arguments, timeout=ANSWER_SECONDS)
            self.answer(answer.message if answer.ok else f"refused: {answer.message}")
        except (NoHost, OSError, ValueError) as error:
            self.answer(str(error))
        finally:
            self._under_way.release()
