"""Work off the UI's thread of which only the last order counts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, TypeVar

from textual.app import App

Made = TypeVar("Made")


class Latest(Generic[Made]):
    """Does what was asked for last, one thing at a time; `done` is called in the UI's thread with what came of it, but
    not where something newer was asked for. The thread holds nobody up who leaves: it ends with the process."""

    def __init__(self, app: App[object], done: Callable[[Made], None]) -> None:
        self._app, self._done = app, done
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._lock = threading.Lock()
        self._next: Callable[[], Made] | None = None
        self._busy = False
        self._asked = 0

    @property
    def busy(self) -> bool:
        """Whether something asked for is not done yet."""
        with self._lock:
            return self._busy

    def ask(self, job: Callable[[], Made]) -> None:
        """Have this done, instead of whatever has not begun yet."""
        with self._lock:
            self._next, self._asked = job, self._asked + 1
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._work, daemon=True, name="latest").start()

    def meanwhile(self, made: Made) -> None:
        """For a job under way: hand over what there is so far, as `done` will be handed the whole of it."""
        with self._lock:
            number = self._asked if self._next is None else None
        if number is not None:
            self._tell(self._deliver, made, number)

    def _work(self) -> None:
        while (order := self._taken()) is not None:
            job, number = order
            try:
                made = job()
            except Exception as error:  # a fault of the program: told as any other one of the UI
                self._tell(self._app._handle_exception, error)
                continue
            self._tell(self._deliver, made, number)

    def _taken(self) -> tuple[Callable[[], Made], int] | None:
        with self._lock:
            job, self._next = self._next, None
            if job is None:
                self._busy = False
                return None
            return job, self._asked

    def _deliver(self, made: Made, number: int) -> None:
        with self._lock:
            if number != self._asked:
                return
        self._done(made)

    def _tell(self, call: Callable[..., None], *told: object) -> None:
        try:
            self._loop.call_soon_threadsafe(lambda: call(*told), context=self._context)
        except RuntimeError:  # the program has ended meanwhile
            return
