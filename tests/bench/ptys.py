"""A program on a pseudo terminal, for measuring: when which text was shown, how many bytes were sent, how much CPU."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import psutil

PATIENCE_SECONDS = 60.0


class Timed:
    """A program under way. Times are seconds since it was started."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid, self._descriptor = pid, descriptor
        self.began = time.perf_counter()
        self.received = bytearray()
        self.process = psutil.Process(pid)

    def until(self, *texts: str) -> float:
        """When all of these texts had been sent; each in one piece. Raises TimeoutError."""
        wanted = [text.encode() for text in texts]
        while not all(text in self.received for text in wanted):
            if time.perf_counter() - self.began > PATIENCE_SECONDS:
                raise TimeoutError(f"{texts} did not come; the last bytes: {bytes(self.received[-500:])!r}")
            self.read(1.0)
        return time.perf_counter() - self.began

    def read(self, seconds: float) -> int:
        """Take what comes within that time; the number of bytes of the first piece, 0 where nothing came."""
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return 0
        with contextlib.suppress(OSError):
            piece = os.read(self._descriptor, 65536)
            self.received += piece
            return len(piece)
        return 0

    def bytes_within(self, seconds: float) -> int:
        """How many bytes are sent in that time."""
        before, end = len(self.received), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)
        return len(self.received) - before

    def cpu_seconds(self) -> float:
        """What it has used so far."""
        times = self.process.cpu_times()
        return times.user + times.system

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._descriptor, keys.encode())


@contextmanager
def timed(command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (160, 45)) -> Iterator[Timed]:
    """Start the command on a terminal of (columns, rows); it is killed at the end."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execve(command[0], list(command), dict(environment))
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    program = Timed(pid, descriptor)
    try:
        yield program
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(descriptor)
