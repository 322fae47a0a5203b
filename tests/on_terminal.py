"""A program on a terminal of its own, for tests: what it shows is kept, keys are pressed, the terminal is torn away."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyte

from waiting import wait_for

COLUMNS, LINES = 100, 30
LOCAL_FLAGS = 3  # place in what tcgetattr gives

ENTER_SCREEN, LEAVE_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"

LEAD = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(1, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal that of the session, so that Ctrl+C on it is a signal, and becomes the program."""

LAST = b"\x1b]777;last\x07"
"""Comes behind all that the program wrote, and is not to be seen."""


class Terminal:
    """Our end of a pseudo terminal, and the program at the other one."""

    def __init__(self, ours: int, theirs: int, process: subprocess.Popen[bytes]) -> None:
        self._ours, self._theirs, self.process = ours, theirs, process
        self.received = b""
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        """Everything that was shown so far."""
        return self.received.decode(errors="replace")

    def shows(self, text: str, since: int = 0) -> None:
        """Wait until the text was shown."""
        wait_for(lambda: text in self.text[since:], 120, what=f"{text!r} in:\n{self.text[since:]}")

    @property
    def screen(self) -> str:
        """What stands on the screen now, a line for each row."""
        with self._lock:
            return "\n".join(self._screen.display)

    def sees(self, *texts: str) -> str:
        """Wait until all of these stand on the screen; gives the screen."""
        wait_for(lambda: all(text in self.screen for text in texts), 120, what=f"{texts} on:\n{self.screen}")
        return self.screen

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def takes_single_keys(self) -> bool:
        """Whether the terminal gives keys one by one, without echo: false again once a program has left it."""
        return not termios.tcgetattr(self._theirs)[LOCAL_FLAGS] & termios.ICANON

    def on_the_other_screen(self) -> bool:
        """Whether the terminal shows its alternate screen: false again once a program has left it."""
        return self.received.rfind(ENTER_SCREEN) > self.received.rfind(LEAVE_SCREEN)

    def tear_away(self) -> None:
        """The terminal's window is closed, the line is dropped."""
        os.close(self._theirs)
        os.close(self._ours)
        self._theirs = self._ours = -1

    def ended(self) -> int:
        """Wait for the program's end, and until all that it showed has come; its exit code."""
        code = self.process.wait(120)
        if self._theirs >= 0:
            os.write(self._theirs, LAST)
            wait_for(lambda: LAST in self.received, 60, what="the last that was shown")
            with self._lock:
                self.received = self.received.replace(LAST, b"")
        return code

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while chunk := os.read(self._ours, 65536):
                with self._lock:
                    self.received += chunk
                    self._stream.feed(chunk)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for descriptor in (self._theirs, self._ours):
            if descriptor >= 0:
                os.close(descriptor)


@contextmanager
def on_terminal(words: Sequence[str], environment: Mapping[str, str], stdin: int | None = None) -> Iterator[Terminal]:
    """Start the program as the leader of a session with a terminal of 100 columns; it is killed where it remains."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    full = {**environment, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(LINES)}
    full.pop("CI", None)

    streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    if stdin is not None:
        streams["stdin"] = stdin
    process = subprocess.Popen([sys.executable, "-c", LEAD, *words], env=full, start_new_session=True, **streams)
    terminal = Terminal(ours, theirs, process)
    try:
        yield terminal
    finally:
        terminal.close()
