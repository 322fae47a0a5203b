"""Signals of a view: Ctrl+C stops the run where the view is the run's own, else it leaves the view, as SIGTERM and a
terminal that is gone always do."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

from autotuner_tui.headless.signals import SignalWatch
from autotuner_tui.live.desk import Desk
from autotuner_tui.live.key_terminal import KeyTerminal
from autotuner_tui.live.why import CODES, Leaving

STUCK_SECONDS = 5.0
"""How long a view that is asked to go may hang in its terminal (Ctrl+S) before it is ended."""


class ViewSignals:
    """`leaving` is set once a signal asks the view to go; `interrupts` counts those that stop the run."""

    def __init__(self, desk: Desk, terminal: KeyTerminal, wake: Callable[[], None]) -> None:
        self.leaving: Leaving | None = None
        self.interrupts = 0
        self._desk, self._terminal, self._wake = desk, terminal, wake

    def watch(self) -> SignalWatch:
        """To be entered around everything that the view does."""
        return SignalWatch(self._signalled, self._signalled, self._hung_up)

    # ---- in the thread that watches the signals

    def _signalled(self, number: signal.Signals) -> None:
        if number is signal.SIGINT and self._desk.own:
            self.interrupts += 1
            self._desk.interrupt(again=self.interrupts > 1)
        else:
            self._go(Leaving.DETACHED if number is signal.SIGINT else Leaving.TERMINATED)

    def _hung_up(self, terminal_gone: bool) -> None:
        self._go(Leaving.HUNG_UP)

    def _go(self, why: Leaving) -> None:
        self.leaving = why
        self._wake()
        stuck = threading.Timer(STUCK_SECONDS, self._go_anyway, (why,))
        stuck.daemon = True
        stuck.start()

    def _go_anyway(self, why: Leaving) -> None:
        self._terminal.give_back()
        os._exit(CODES[why])
