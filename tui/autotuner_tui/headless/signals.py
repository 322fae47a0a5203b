"""Signals of a run's host: stop, stop at once, and a terminal that goes away.

The handlers of Python run in the main thread, and only between two of its steps. The main thread may be held up by a
reader that does not read. So the interpreter writes each signal's number into a socket at once (set_wakeup_fd), and a
thread of ours acts on it, whatever the main thread does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from autotuner_tui.cli.descriptors import point_at_nothing

STOPPING = (signal.SIGINT, signal.SIGTERM)


class SignalWatch:
    """While entered: the first SIGINT or SIGTERM calls `on_stop`, each later one `on_stop_now`, SIGHUP `on_hangup`
    (after descriptors of a terminal that is gone were pointed at nothing). All from a thread of its own."""

    def __init__(
        self,
        on_stop: Callable[[signal.Signals], None],
        on_stop_now: Callable[[signal.Signals], None],
        on_hangup: Callable[[bool], None],
    ) -> None:
        self._on_stop, self._on_stop_now, self._on_hangup = on_stop, on_stop_now, on_hangup
        self._asked = 0
        self._terminals = [descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor)]
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> SignalWatch:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._wakeup_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (*STOPPING, signal.SIGHUP):
            # nohup ignores SIGHUP for us: it stays so. SIGINT is taken also where a script's shell ignored it.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, _only_wake)
        self._thread = threading.Thread(target=self._watch, name="signals", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._writer.close()
        self._thread.join(timeout=5)
        self._reader.close()

    def _watch(self) -> None:
        while numbers := self._reader.recv(64):
            for number in numbers:
                self._act(signal.Signals(number))

    def _act(self, number: signal.Signals) -> None:
        if number is signal.SIGHUP:
            self._on_hangup(drop_dead_terminals(self._terminals))
        elif number in STOPPING:
            self._asked += 1
            (self._on_stop if self._asked == 1 else self._on_stop_now)(number)


def drop_dead_terminals(descriptors: list[int]) -> bool:
    """Point the descriptors whose terminal is gone at nothing; True where there was one."""
    dead = [descriptor for descriptor in descriptors if not os.isatty(descriptor)]
    for descriptor in dead:
        with contextlib.suppress(OSError):
            point_at_nothing(descriptor)
        descriptors.remove(descriptor)
    return bool(dead)


def _only_wake(number: int, frame: FrameType | None) -> None:
    """Python wants a handler before it writes to the wake-up descriptor; what is to be done, the thread does."""
