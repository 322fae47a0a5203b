"""A run in lines, for terminals and pipes that can show no screen: reads the run's folder, and is nothing to the run.
It may be slow, stopped, killed or wrong: the run does not notice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import is_here
from autotuner_tui.headless.json_lines import JsonLines
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.presenter import PlainLines
from autotuner_tui.headless.signals import SignalWatch
from autotuner_tui.headless.viewer import Viewer, told_before
from autotuner_tui.live.host_look import HostLook
from autotuner_tui.live.interrupt import interrupt
from autotuner_tui.live.leaving import Farewell
from autotuner_tui.live.why import CODES, Leaving

TICK_SECONDS = 0.25
LAST_LOOK_SECONDS = 15.0
"""How long a host may take to leave after it has recorded the run's end (results are saved then)."""

STUCK_SECONDS = 5.0
"""How long a view that is asked to go may hang in its terminal (Ctrl+S) before it is ended."""

NO_KEYS = "Ctrl+C leaves this view; the run goes on"
NO_KEYS_OWN = "Ctrl+C stops the run; it goes on where this terminal is closed"


@dataclass(frozen=True)
class ViewManner:
    """`as_json`: events on stdout. `strict`: any failed experiment makes the exit code 1."""

    as_json: bool = False
    strict: bool = False


class LinesOfRun:
    """Shows one run until it has ended, or until the person leaves. `child`: the run's host where this process has
    started it: then Ctrl+C stops the run, else it leaves the view."""

    def __init__(self, folder: RunFolder, manner: ViewManner, child: subprocess.Popen[bytes] | None = None) -> None:
        self.folder, self.manner, self._child = folder, manner, child
        self._err, self._out = Outlet(sys.stderr), Outlet(sys.stdout)
        self._wake = threading.Event()
        self._look = HostLook(folder, child)
        self._presenter = PlainLines(self._err)
        json_lines = JsonLines(self._out) if manner.as_json else None
        self._viewer = Viewer(folder, self._presenter, json_lines, told_before(folder) if child else 0)
        self._leaving: Leaving | None = None
        self._interrupts = 0
        self._ended_at: float | None = None
        self._caught_up = child is not None  # the call that began a run has missed nothing
        self._trouble = ""

    def run(self) -> int:
        """Show the run; gives the exit code: the run's where it has ended, 0 where the person has left."""
        fault: Exception | None = None
        with SignalWatch(self._signalled, self._signalled, self._hung_up):
            try:
                why = self._show()
            except Exception as error:
                why, fault = Leaving.BROKEN, error
            out = None if self.manner.as_json else self._out
            seen, strict = self._viewer.state, self.manner.strict
            farewell = Farewell(self.folder, self._look, seen, self._err, out, strict, self._interrupts)
            return farewell.say(why, fault)

    def _show(self) -> Leaving:
        if self._err.is_terminal():
            self._err.line(NO_KEYS_OWN if self._child is not None else NO_KEYS)
        while True:
            self._take_new()
            self._viewer.paint()
            if (why := self._why_leave()) is not None:
                return why
            self._wake.wait(TICK_SECONDS)

    def _take_new(self) -> bool:
        """Whether the record could be read."""
        take = self._viewer.take_new if self._caught_up else self._viewer.catch_up
        try:
            take()
        except OSError as error:  # a shared folder that is away for a while
            trouble = f"the run's record cannot be read now ({error.strerror}); trying again"
            if trouble != self._trouble:
                self._presenter.line(time.time(), trouble)
            self._trouble = trouble
            return False
        self._caught_up, self._trouble = True, ""
        return True

    def _why_leave(self) -> Leaving | None:
        if self._leaving is not None:
            return self._leaving
        if self._err.lost and (self._out.lost or not self.manner.as_json):
            return Leaving.HUNG_UP
        if self.manner.as_json and self._out.lost:
            return Leaving.DETACHED
        return self._why_over()

    def _why_over(self) -> Leaving | None:
        """The record says that the run has ended, and its host has left; or there is no host. What cannot be read now
        is no reason."""
        if self._viewer.state.end is None:
            self._ended_at = None
            if self._look.holder() is not None or self._look.holder(fresh=True) is not None:
                return None
            if not self._look.sure or not self._take_new():  # the end may have been recorded since the last look
                return None
            return Leaving.OVER if self._viewer.state.end is not None else Leaving.HOSTLESS
        self._ended_at = self._ended_at or time.monotonic()
        holder = self._look.holder(fresh=True)
        gone = self._look.sure and (holder is None or not is_here(holder))
        return Leaving.OVER if gone or time.monotonic() - self._ended_at > LAST_LOOK_SECONDS else None

    # ---- in the thread that watches the signals

    def _signalled(self, number: signal.Signals) -> None:
        if number is not signal.SIGINT:
            self._go(Leaving.TERMINATED)
        elif self._child is None:
            self._go(Leaving.DETACHED)
        else:
            self._interrupts += 1
            interrupt(self._child, again=self._interrupts > 1)
            politely = "nothing new starts; cleaning up and saving (once more to leave at once)"
            said = politely if self._interrupts == 1 else "what runs is killed, the run ends at once"
            self._err.line(f"Ctrl+C: {said}")

    def _hung_up(self, terminal_gone: bool) -> None:
        self._go(Leaving.HUNG_UP)

    def _go(self, why: Leaving) -> None:
        self._leaving = why
        self._wake.set()
        stuck = threading.Timer(STUCK_SECONDS, os._exit, (CODES[why],))
        stuck.daemon = True
        stuck.start()
