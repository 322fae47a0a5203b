"""A run without a screen: the engine in its worker thread, signals in a thread of their own, the viewer in this one.

The viewer reads the run's folder and nothing else, so whatever befalls it (a terminal that is gone, a reader that has
left, a bug) the run goes on and the exit code still tells how it ended.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
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
"""How long a second signal waits for servers that are being killed, before it leaves."""


@dataclass(frozen=True)
class Manner:
    """How a run is shown. `strict`: any failed experiment makes the exit code 1."""

    as_json: bool = False
    strict: bool = False


def run_session(host: Host, manner: Manner) -> int:
    """Start the host's engine, show the run until it has ended, and give the exit code. Closes the host."""
    return _Session(host, manner).run()


class _Session:
    def __init__(self, host: Host, manner: Manner) -> None:
        self.host, self.manner = host, manner
        self.err = Outlet(sys.stderr)
        self.out = Outlet(sys.stdout, on_lost=self._stdout_lost)
        self.presenter = self._presenter()
        json_lines = JsonLines(self.out) if manner.as_json else None
        self.viewer: Viewer | None = Viewer(host.folder, self.presenter, json_lines, _told_before(host.folder))

    def run(self) -> int:
        with SignalWatch(self._stop, self._leave_at_once, self._hung_up):
            try:
                self.host.start()
                while not self.host.wait(TICK_SECONDS):
                    self._tick()
            finally:
                self.host.close()
            self._tick()
            self._close_viewer()
            return self._tell_end()

    def _presenter(self) -> Presenter:
        garbled = self.manner.as_json and self.out.is_terminal()
        if wants_live_display(self.err) and not garbled:
            from autotuner_tui.headless.progress import LiveProgress

            return LiveProgress(self.err)
        return PlainLines(self.err)

    # ---- showing

    def _tick(self) -> None:
        if self.viewer is None:
            return
        try:
            self.viewer.tick()
        except Exception as error:  # a bug in the viewer must not end the run
            self._close_viewer()
            self.viewer = None
            self.err.line(f"the progress display failed ({type(error).__name__}: {error}); the run goes on without it")
            self.err.line(f"  details: {save_traceback(error)}; the run's record: {self.host.folder.root}")

    def _close_viewer(self) -> None:
        try:
            self.presenter.close()
        except Exception as error:
            self.err.line(f"the progress display could not be ended: {error}")

    def _tell_end(self) -> int:
        """The table on stdout, where the results are on stderr. The record alone decides the exit code."""
        state = RunState.of(read_journal(self.host.folder.journal))
        try:
            data, notes = final_lines(state, self.host.folder)
            if not self.manner.as_json:
                for line in data:
                    self.out.line(line)
            for line in notes:
                self.err.line(line)
        except Exception as error:
            self.err.line(f"the summary could not be made ({error}); the record is in {self.host.folder.root}")
        return exit_code(state, self.manner.strict)

    # ---- signals: called from the thread that watches them

    def _stop(self, number: signal.Signals) -> None:
        self.host.stop(Interruption.STOP, signal=int(number))
        self.err.line(
            f"{number.name}: nothing new starts; cleaning up and saving (once more: leave at once, clean-up undone)"
        )

    def _leave_at_once(self, number: signal.Signals) -> None:
        self.host.stop(Interruption.STOP_NOW, signal=int(number))
        self.host.wait(LAST_MOMENT_SECONDS)
        left = self.host.leftovers()
        self.err.line(f"{number.name} again: left at once; {'still there:' if left else 'nothing is left running'}")
        for line in left:
            self.err.line(f"  {line}")
        self.err.line(f"  `autotuner-tui resume {self.host.folder.run_id}` goes on with the run")
        os._exit(128 + int(number))

    def _hung_up(self, terminal_gone: bool) -> None:
        what = "the terminal is gone" if terminal_gone else "SIGHUP"
        log.warning("%s: the run goes on (`autotuner-tui report %s` shows it)", what, self.host.folder.run_id)

    def _stdout_lost(self, reason: str) -> None:
        self.err.line(f"stdout is gone ({reason}): the run goes on without it")


def _told_before(folder: RunFolder) -> int:
    """The number of the last event that an earlier host of this run has told; 0 for a new run."""
    resumed = [event.seq for event in read_journal(folder.journal) if isinstance(event, HostStarted) and event.resumed]
    return resumed[-1] - 1 if resumed else 0
