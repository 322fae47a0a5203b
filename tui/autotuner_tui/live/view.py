"""The live view of a run: reads the run's folder, asks the host by its socket, and is nothing to the run. It may be
slow, stopped, killed or wrong: the run does not notice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import is_here
from autotuner_tui.headless.json_lines import JsonLines
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.presenter import PlainLines, Presenter, wants_live_display
from autotuner_tui.headless.viewer import Viewer, told_before
from autotuner_tui.live.desk import Desk
from autotuner_tui.live.host_look import HostLook
from autotuner_tui.live.key_terminal import KeyTerminal
from autotuner_tui.live.keys import hint_line
from autotuner_tui.live.leaving import Farewell
from autotuner_tui.live.situation import Situation
from autotuner_tui.live.steerer import Steerer
from autotuner_tui.live.view_signals import ViewSignals
from autotuner_tui.live.waker import Waker
from autotuner_tui.live.why import Leaving

if TYPE_CHECKING:
    from autotuner_tui.headless.progress import LiveProgress

TICK_SECONDS, SSH_TICK_SECONDS = 0.25, 1.0
LAST_LOOK_SECONDS = 15.0
"""How long a host may take to leave after it has recorded the run's end (results are saved then)."""


@dataclass(frozen=True)
class ViewManner:
    """`watch`: no steering. `as_json`: events on stdout. `strict`: any failed experiment makes the exit code 1."""

    watch: bool = False
    as_json: bool = False
    strict: bool = False


class LiveView:
    """Shows one run until it has ended, or until the person leaves. `child`: the run's host where this process has
    started it: then Ctrl+C stops the run, else it leaves the view."""

    def __init__(self, folder: RunFolder, manner: ViewManner, child: subprocess.Popen[bytes] | None = None) -> None:
        self.folder, self.manner, self._child = folder, manner, child
        self._err, self._out = Outlet(sys.stderr), Outlet(sys.stdout)
        self._waker = Waker()
        self._look = HostLook(folder, child)
        self._display = self._display_if_any()
        self._presenter: Presenter = self._display or PlainLines(self._err)
        json_lines = JsonLines(self._out) if manner.as_json else None
        self._viewer = Viewer(folder, self._presenter, json_lines, told_before(folder) if child else 0)
        self._terminal = KeyTerminal(0 if self._display is not None else -1, self._waker.wake)
        steerer, keys = Steerer(folder, self._waker.wake), self._terminal.usable
        self._desk = Desk(steerer, self._look, self._display, steers=not manner.watch, keys=keys, child=child)
        self._signals = ViewSignals(self._desk, self._terminal, self._waker.wake)
        self._ended_at: float | None = None
        self._caught_up = child is not None  # the call that began a run has missed nothing
        self._trouble = ""

    def run(self) -> int:
        """Show the run; gives the exit code: the run's where it has ended, 0 where the person has left."""
        fault: Exception | None = None
        with self._signals.watch():
            try:
                with self._terminal:
                    why = self._show()
            except Exception as error:
                why, fault = Leaving.BROKEN, error
            finally:
                self._presenter.close()
            out = None if self.manner.as_json else self._out
            interrupts, strict = self._signals.interrupts, self.manner.strict
            farewell = Farewell(self.folder, self._look, self._viewer.state, self._err, out, strict, interrupts)
            return farewell.say(why, fault)

    def _display_if_any(self) -> LiveProgress | None:
        mixed = self.manner.as_json and self._out.is_terminal()  # data and a moving display on one screen
        if mixed or not wants_live_display(self._err):
            return None
        from autotuner_tui.headless.progress import LiveProgress

        return LiveProgress(self._err)

    def _show(self) -> Leaving:
        if self._display is None and self._err.is_terminal():
            self._err.line(hint_line(Situation(own=self._child is not None, keys=False), 80))
        tick = SSH_TICK_SECONDS if os.environ.get("SSH_CONNECTION") else TICK_SECONDS
        while True:
            self._take_new()
            for message in self._desk.prepare(self._viewer.state):
                self._presenter.line(time.time(), message)
            self._paint()
            if (why := self._why_leave()) is not None:
                return why
            if self._waker.wait(tick, self._terminal.descriptor if self._terminal.taken else None):
                self._desk.take(self._terminal.read(), self._viewer.state)
            self._attend_to_job_control()

    def _take_new(self) -> bool:
        """Whether the record could be read."""
        take = self._viewer.take_new if self._caught_up else self._viewer.catch_up
        try:
            take()
        except OSError as error:  # a shared folder that is away for a while
            self._tell_trouble(f"the run's record cannot be read now ({error.strerror}); trying again")
            return False
        self._caught_up, self._trouble = True, ""
        return True

    def _tell_trouble(self, trouble: str) -> None:
        if self._display is not None:
            self._desk.say(trouble)
        elif trouble != self._trouble:
            self._presenter.line(time.time(), trouble)
        self._trouble = trouble

    def _paint(self) -> None:
        if self._terminal.usable and not self._terminal.in_foreground():
            self._presenter.close()  # a job in the background moves nothing under what is typed in the foreground
        else:
            self._viewer.paint()

    def _attend_to_job_control(self) -> None:
        if self._terminal.suspend_asked:
            self._presenter.close()
            self._terminal.suspend()
        elif self._terminal.usable:
            self._terminal.take()  # after `fg`, and where a stop that nobody can catch had changed the terminal

    def _why_leave(self) -> Leaving | None:
        if self._signals.leaving is not None:
            return self._signals.leaving
        if self._desk.detached:
            return Leaving.DETACHED
        if self._terminal.gone or (self._err.lost and (self._out.lost or not self.manner.as_json)):
            return Leaving.HUNG_UP
        if self.manner.as_json and self._out.lost:
            return Leaving.DETACHED
        return self._why_over()

    def _why_over(self) -> Leaving | None:
        """The record says that the run has ended, and its host has left; or there is no host. What cannot be read now
        is no reason."""
        ended = self._viewer.state.end is not None
        if not ended:
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
