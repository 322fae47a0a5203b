"""What signals do to a host: the first one ends the run cleanly, a second one at once. A hang-up is only noted, but
where a screen shares its process with the run: it ends the run cleanly, too."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable

from autotuner_core.control import Interruption
from autotuner_core.engine.host import Host
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.signals import SignalWatch

log = logging.getLogger("autotuner_core.host")
"""The engine's logger: its lines go to the run's host.log."""

LAST_MOMENT_SECONDS = 1.0
"""How long a second signal waits for servers that are being killed, and for a stderr that may be stuck."""


class StopBySignal:
    """Signals of the process that carries a run out. `say` gets what a viewer should show; `err` the last words.
    `leave` takes the screen away that stands in the same process: nobody could steer the run without it, so that a
    hang-up stops the run, however often it comes.

    A signal may come before there is a host: it counts for the one that is handed over then.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        err: Outlet,
        host: Host | None = None,
        leave: Callable[[], None] | None = None,
    ) -> None:
        self._say, self._err, self._host, self._leave = say, err, host, leave
        self._early: signal.Signals | None = None

    def watch(self) -> SignalWatch:
        """To be entered around everything that may be stopped."""
        return SignalWatch(self._stop, self._leave_at_once, self._hung_up)

    def hand_over(self, host: Host) -> None:
        """From now on signals are for this host."""
        self._host = host
        if self._early is not None:
            host.stop(Interruption.STOP, signal=int(self._early))

    # ---- in the thread that watches the signals

    def _stop(self, number: signal.Signals) -> None:
        self._early = number
        if self._host is not None:
            self._host.stop(Interruption.STOP, signal=int(number))
        self._say(f"{number.name}: nothing new starts; cleaning up and saving (once more to leave at once)")

    def _leave_at_once(self, number: signal.Signals) -> None:
        """Kill what runs and leave, whatever the other threads are stuck in."""
        if self._host is not None:
            self._host.stop(Interruption.STOP_NOW, signal=int(number))
            self._host.wait(LAST_MOMENT_SECONDS)
            last_words = threading.Thread(target=self._tell_leftovers, args=(self._host, number), daemon=True)
            last_words.start()
            last_words.join(LAST_MOMENT_SECONDS)
        os._exit(128 + int(number))

    def _tell_leftovers(self, host: Host, number: signal.Signals) -> None:
        left = host.leftovers()
        what = "what may still be there:" if left else "nothing is left behind"
        self._err.line(f"\n{number.name} again: left at once; {what}")
        for line in left:
            self._err.line(f"  {line}")
        self._err.line(f"`autotuner-tui resume {host.folder.run_id}` goes on with the run")

    def _hung_up(self, terminal_gone: bool) -> None:
        if self._host is None:
            return
        what = "the terminal is gone" if terminal_gone else "SIGHUP"
        if self._leave is not None:
            log.warning("%s: nothing new starts; cleaning up and saving", what)
            self._host.stop(Interruption.STOP, signal=int(signal.SIGHUP))
            self._leave()
        else:
            log.warning("%s: the run goes on (`autotuner-tui report %s` shows it)", what, self._host.folder.run_id)
