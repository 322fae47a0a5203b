"""A standard stream that may go away (a closed pipe, a terminal that is gone, a full disk) while the run goes on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import TextIO

from autotuner_tui.cli.descriptors import point_at_nothing


class Outlet:
    """Writes whole lines, each flushed. The first write that fails is the last one: `on_lost` is told why, once."""

    def __init__(self, stream: TextIO | None, on_lost: Callable[[str], None] | None = None) -> None:
        self.stream = stream
        self.on_lost = on_lost
        self.lost = stream is None

    def line(self, text: str) -> None:
        """Write one line. Never raises for a stream that is gone."""
        if self.stream is None or self.lost:
            return
        try:
            self.stream.write(text + "\n")
            self.stream.flush()
        except (OSError, ValueError) as error:
            self.lose(error)

    def lose(self, error: Exception) -> None:
        """Give the stream up: later lines go nowhere, and the interpreter's last flush finds nothing to complain of."""
        self.lost = True
        with contextlib.suppress(OSError, ValueError, AttributeError):
            point_at_nothing(self.stream.fileno())  # type: ignore[union-attr]
        if self.on_lost is not None:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            self.on_lost(reason)

    def is_terminal(self) -> bool:
        """Whether a person's terminal is at the other end."""
        try:
            return self.stream is not None and not self.lost and self.stream.isatty()
        except ValueError:  # closed
            return False
