"""Keys from a terminal: read one by one while this program is in its foreground, and everything as it was afterwards,
whatever happens (Ctrl+Z and fg, a fault, a signal)."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import termios
import tty
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

LONGEST_TYPED = 8
"""Bytes that come at once from a hand; more is a paste, which must not steer anything."""

_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?<]*[ -/]*[@-~]|O.)")


class KeyTerminal:
    """While entered: `read` gives keys, `suspend` stops the program as Ctrl+Z should. `wake` is called from the signal
    handlers, after which `suspend_asked` may be set. Must be entered in the main thread."""

    def __init__(self, descriptor: int, wake: Callable[[], None]) -> None:
        self.descriptor, self._wake = descriptor, wake
        self.usable = os.isatty(descriptor)
        self.gone = False
        self.suspend_asked = False
        self._before: list[Any] | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> KeyTerminal:
        handlers = {signal.SIGTSTP: self._on_suspend, signal.SIGCONT: self._on_continue, signal.SIGQUIT: self._on_quit}
        for number, handler in handlers.items():
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, handler)
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    @property
    def taken(self) -> bool:
        """Whether keys come one by one now."""
        return self._before is not None

    def in_foreground(self) -> bool:
        """Whether the terminal is ours: a job in the background that changes it would be stopped."""
        try:
            return self.usable and os.tcgetpgrp(self.descriptor) == os.getpgrp()
        except OSError:
            return False

    def take(self) -> None:
        """Have keys one by one from now on, where the terminal is ours."""
        if not self.in_foreground():
            return
        with contextlib.suppress(termios.error, OSError):
            if self._before is None:
                self._before = termios.tcgetattr(self.descriptor)
            tty.setcbreak(self.descriptor, termios.TCSANOW)

    def give_back(self) -> None:
        """Make the terminal what it was. Safe from any thread, and when it is gone."""
        before, self._before = self._before, None
        if before is not None and self.in_foreground():
            with contextlib.suppress(termios.error, OSError):
                termios.tcsetattr(self.descriptor, termios.TCSANOW, before)

    def read(self) -> str:
        """The keys that are there; call it when there are some. Arrows and the like, and what was pasted, are none."""
        try:
            typed = os.read(self.descriptor, 65536)
        except OSError:
            typed = b""
        if not typed:
            self.gone = True
        keys = _SEQUENCE.sub("", typed.decode("utf-8", "replace"))
        return "" if len(keys) > LONGEST_TYPED else keys

    def suspend(self) -> None:
        """Stop this program until somebody continues it."""
        self.suspend_asked = False
        self.give_back()
        ours = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, ours)
        self.take()

    def _on_suspend(self, number: int, frame: FrameType | None) -> None:
        self.suspend_asked = True
        self._wake()

    def _on_quit(self, number: int, frame: FrameType | None) -> None:
        self.give_back()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def _on_continue(self, number: int, frame: FrameType | None) -> None:
        self._wake()
