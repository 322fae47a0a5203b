"""What reaches the program from outside of its loop: other threads, and signals."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import App

from autotuner_tui.headless.signals import SignalWatch
from autotuner_tui.live.why import CODES, Leaving

if TYPE_CHECKING:
    from textual.driver import Driver

STUCK_SECONDS = 5.0
"""How long a screen that is asked to go may hang in its terminal (Ctrl+S) before it is ended."""


class AppFromOutside(App[Leaving]):
    """Its value is why the person left. Whoever runs it enters `signals` around that."""

    def __init__(self, driver: type[Driver] | None, *, ansi: bool | None) -> None:
        super().__init__(driver_class=driver, ansi_color=ansi)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.signals = SignalWatch(self._signalled, self._signalled, self._hung_up)

    def on_mount(self) -> None:
        """Other threads call into this loop."""
        self._loop = asyncio.get_running_loop()

    def from_outside(self, do: Callable[[], object]) -> bool:
        """Have this done by the program, from any thread. False where it runs no more, or not yet."""
        if self._loop is None or self._loop.is_closed():
            return False
        self._loop.call_soon_threadsafe(self.call_later, do)  # as a message: timers that it sets want a pump
        return True

    def leave(self, why: Leaving) -> None:
        """End the program. From any thread."""
        self.from_outside(lambda: self.exit(why))

    # ---- signals, in the thread that watches them

    def _signalled(self, number: signal.Signals) -> None:
        if number is signal.SIGINT:
            self.from_outside(lambda: self.simulate_key("ctrl+c"))
        else:
            self._go(Leaving.TERMINATED)

    def _hung_up(self, terminal_gone: bool) -> None:
        self._go(Leaving.HUNG_UP)

    def _go(self, why: Leaving) -> None:
        self.leave(why)
        stuck = threading.Timer(STUCK_SECONDS, os._exit, (CODES[why],))
        stuck.daemon = True
        stuck.start()
