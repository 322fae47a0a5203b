"""The viewer of a run without a screen: reads the run's folder, a few times a second, and nothing else."""

from __future__ import annotations

import time

from autotuner_core.run.events import Event, HostStarted
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import JournalFollower, read_journal
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.json_lines import JsonLines
from autotuner_tui.headless.narrator import Narrator
from autotuner_tui.headless.picture import Painter
from autotuner_tui.headless.presenter import Presenter
from autotuner_tui.headless.words import plain

HISTORY_EVENTS, HISTORY_LINES = 80, 12
"""So many events from the end are looked at for lines worth telling, and so many lines told, to who comes late."""


class Viewer:
    """Folds the journal as it grows, tells each transition, keeps the picture of now on the screen.

    `skip_before` passes over events up to this number: those of a run's earlier hosts were told then.
    """

    def __init__(
        self, folder: RunFolder, presenter: Presenter, json_lines: JsonLines | None = None, skip_before: int = 0
    ) -> None:
        self.state = RunState()
        self._follower = JournalFollower(folder.journal)
        self._presenter = presenter
        self._json_lines = json_lines
        self._narrator = Narrator()
        self._painter = Painter(folder)
        self._skip_before = skip_before

    def catch_up(self) -> None:
        """Take what was recorded so far and tell only the last of it: who comes late wants to see now."""
        events = self._follower.poll()
        told: list[tuple[float, str]] = []
        for at, event in enumerate(events):
            self._take(event)
            if len(events) - at <= HISTORY_EVENTS:
                told += [(event.ts, line) for line in self._narrator.lines(event, self.state)]
        if len(events) > HISTORY_EVENTS or len(told) > HISTORY_LINES:
            name = f"run {self.state.run_id} of task {plain(self.state.task.get('task_name', '?'))}"
            self._presenter.line(self.state.started_at or self.state.last_ts, f"{name}; the latest of it:")
        for ts, line in told[-HISTORY_LINES:]:
            self._presenter.line(ts, line)

    def tick(self) -> None:
        """Take what is new and show it."""
        self.take_new()
        self.paint()

    def take_new(self) -> None:
        """Fold what came since the last time, and tell it."""
        for event in self._follower.poll():
            self._take(event)
            if event.seq > self._skip_before:
                for line in self._narrator.lines(event, self.state):
                    self._presenter.line(event.ts, line)

    def paint(self) -> None:
        """Show the picture of now."""
        now = time.time()
        self._presenter.tick(now, self._painter.picture(self.state, now))

    def _take(self, event: Event) -> None:
        self.state.apply(event)
        if self._json_lines is not None and event.seq > self._skip_before:
            self._json_lines.write(event)

    def close(self) -> None:
        """Leave nothing that moves on the screen."""
        self._presenter.close()


def told_before(folder: RunFolder) -> int:
    """The number of the last event that an earlier host of this run has told; 0 for a new run."""
    resumed = [event.seq for event in read_journal(folder.journal) if isinstance(event, HostStarted) and event.resumed]
    return resumed[-1] - 1 if resumed else 0
