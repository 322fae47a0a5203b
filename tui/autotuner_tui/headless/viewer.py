"""The viewer of a run without a screen: reads the run's folder, a few times a second, and nothing else."""

from __future__ import annotations

import time

from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import JournalFollower
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.json_lines import JsonLines
from autotuner_tui.headless.narrator import Narrator
from autotuner_tui.headless.picture import Painter
from autotuner_tui.headless.presenter import Presenter


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

    def tick(self) -> None:
        """Take what is new and show it."""
        for event in self._follower.poll():
            self.state.apply(event)
            if event.seq <= self._skip_before:
                continue
            if self._json_lines is not None:
                self._json_lines.write(event)
            for line in self._narrator.lines(event, self.state):
                self._presenter.line(event.ts, line)
        now = time.time()
        self._presenter.tick(now, self._painter.picture(self.state, now))

    def close(self) -> None:
        """Leave nothing that moves on the screen."""
        self._presenter.close()
