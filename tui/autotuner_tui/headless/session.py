"""A run without a screen: the engine in its worker thread, signals in a thread of their own, the viewer in this one.

The viewer reads the run's folder and nothing else, so whatever befalls it (a terminal that is gone, a reader that has
left, a bug) the run goes on and the exit code still tells how it ended.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import threading
import time
from dataclasses import dataclass

from autotuner_core.engine.control import Interruption
from autotuner_core.engine.host import Host
from autotuner_core.report.outcome import exit_code
from autotuner_core.run.events import HostStarted
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from autotuner_tui.cli.crash import save_traceback
from autotuner_tui.headless.final import final_lines
from autotuner_tui.headless.json_lines import JsonLines
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.presenter import PlainLines, Presenter, wants_live_display
from autotuner_tui.headless.signals import SignalWatch
from autotuner_tui.headless.viewer import Viewer

log = logging.getLogger("autotuner_core.host")
"""The engine's logger: its lines go to the run's host.log."""

TICK_SECONDS = 0.25
LAST_MOMENT_SECONDS = 1.0
"""How long a second signal waits for servers that are being killed, and for a stderr that may be stuck."""


@dataclass(frozen=True)
class Manner:
    """How a run is shown. `strict`: any failed experiment makes the exit code 1."""

    as_json: bool = False
    strict: bool = False


class Session:
    """One host's run, shown until it has ended. Closes the host."""

    def __init__(self, host: Host, manner: Manner) -> None:
        self.host, self.manner = host, manner
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._err = Outlet(sys.stderr)
        self._out = Outlet(sys.stdout, on_lost=self._stdout_lost)
        self._presenter = self._choose_presenter()
        json_lines = JsonLines(self._out) if manner.as_json else None
        self._viewer: Viewer | None = Viewer(host.folder, self._presenter, json_lines, _told_before(host.folder))

    def run(self) -> int:
        """Start the engine, show the run, and give the exit code."""
        with SignalWatch(self._stop, self._leave_at_once, self._hung_up):
            try:
                self.host.start()
                while not self.host.wait(TICK_SECONDS):
                    self._tick()
            finally:
                self.host.close()
            self._tick()
            self._close_presenter()
            return self._tell_end()

    # ---- showing, in this thread

    def _choose_presenter(self) -> Presenter:
        mixed = self.manner.as_json and self._out.is_terminal()  # data and a moving display on one screen
        if wants_live_display(self._err) and not mixed:
            from autotuner_tui.headless.progress import LiveProgress

            return LiveProgress(self._err)
        return PlainLines(self._err)

    def _tick(self) -> None:
        try:
            if self._viewer is not None:
                self._viewer.tick()
            while not self._said.empty():
                self._presenter.line(time.time(), self._said.get())
        except Exception as error:  # a bug in the viewer must not end the run
            self._close_presenter()
            self._viewer, self._presenter = None, PlainLines(self._err)
            self._err.line(f"the progress display failed ({type(error).__name__}: {error}); the run goes on without it")
            self._err.line(f"  details: {save_traceback(error)}; the run's record: {self.host.folder.root}")

    def _close_presenter(self) -> None:
        try:
            self._presenter.close()
        except Exception as error:
            self._err.line(f"the progress display could not be ended: {error}")

    def _tell_end(self) -> int:
        """The table on stdout, where everything is on stderr. The record alone decides the exit code."""
        state = RunState.of(read_journal(self.host.folder.journal))
        if state.end is None and self.host.error is not None:
            self._err.line(f"the run broke off: {self.host.error}")
        shown = state
        if not state.run_id and self._viewer is not None:
            self._err.line(f"the run's record is gone from {self.host.folder.root}; this is what was seen of it")
            shown = self._viewer.state
        try:
            data, notes = final_lines(shown, self.host.folder)
        except Exception as error:
            data, notes = [], [f"the summary could not be made ({error}); the record is in {self.host.folder.root}"]
        for line in [] if self.manner.as_json else data:
            self._out.line(line)
        for line in notes:
            self._err.line(line)
        return exit_code(state, self.manner.strict)

    def _stdout_lost(self, reason: str) -> None:
        self._said.put(f"stdout is gone ({reason}): the run goes on without it")

    # ---- signals, in the thread that watches them

    def _stop(self, number: signal.Signals) -> None:
        self.host.stop(Interruption.STOP, signal=int(number))
        self._said.put(f"{number.name}: nothing new starts; cleaning up and saving (once more to leave at once)")

    def _leave_at_once(self, number: signal.Signals) -> None:
        """Kill what runs and leave, whatever the other threads are stuck in."""
        self.host.stop(Interruption.STOP_NOW, signal=int(number))
        self.host.wait(LAST_MOMENT_SECONDS)
        last_words = threading.Thread(target=self._tell_leftovers, args=(number,), daemon=True)
        last_words.start()
        last_words.join(LAST_MOMENT_SECONDS)
        os._exit(128 + int(number))

    def _tell_leftovers(self, number: signal.Signals) -> None:
        left = self.host.leftovers()
        what = "what may still be there:" if left else "nothing is left behind"
        self._err.line(f"\n{number.name} again: left at once; {what}")
        for line in left:
            self._err.line(f"  {line}")
        self._err.line(f"`autotuner-tui resume {self.host.folder.run_id}` goes on with the run")

    def _hung_up(self, terminal_gone: bool) -> None:
        what = "the terminal is gone" if terminal_gone else "SIGHUP"
        log.warning("%s: the run goes on (`autotuner-tui report %s` shows it)", what, self.host.folder.run_id)


def _told_before(folder: RunFolder) -> int:
    """The number of the last event that an earlier host of this run has told; 0 for a new run."""
    resumed = [event.seq for event in read_journal(folder.journal) if isinstance(event, HostStarted) and event.resumed]
    return resumed[-1] - 1 if resumed else 0
