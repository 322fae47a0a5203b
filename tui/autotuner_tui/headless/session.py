"""A run without a screen: the engine in its worker thread, signals in a thread of their own, the viewer in this one.

The viewer reads the run's folder and nothing else, so whatever befalls it (a terminal that is gone, a reader that has
left, a bug) the run goes on and the exit code still tells how it ended.
"""

from __future__ import annotations

import queue
import sys
import time
from dataclasses import dataclass

from autotuner_core.engine.host import Host
from autotuner_core.report.outcome import exit_code
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from autotuner_tui.cli.crash import save_traceback
from autotuner_tui.headless.final import tell_end
from autotuner_tui.headless.json_lines import JsonLines
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.presenter import PlainLines, Presenter, wants_live_display
from autotuner_tui.headless.viewer import Viewer, told_before
from autotuner_tui.host.stop_by_signal import StopBySignal

TICK_SECONDS = 0.25


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
        self._viewer: Viewer | None = Viewer(host.folder, self._presenter, json_lines, told_before(host.folder))

    def run(self) -> int:
        """Start the engine, show the run, and give the exit code."""
        with StopBySignal(self._said.put, self._err, self.host).watch():
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
        seen = self._viewer.state if self._viewer is not None else None
        tell_end(state, seen, self.host.folder, self._err, None if self.manner.as_json else self._out)
        return exit_code(state, self.manner.strict)

    def _stdout_lost(self, reason: str) -> None:
        self._said.put(f"stdout is gone ({reason}): the run goes on without it")
