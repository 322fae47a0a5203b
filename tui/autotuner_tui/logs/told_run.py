"""The tuner's own log: what happened in a run, told from its journal in a person's words, as a text like any other."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from autotuner_core.run.events import Event
from autotuner_core.run.journal import JournalFollower
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.narrator import Narrator
from autotuner_tui.headless.words import clock
from autotuner_tui.logs.log_file import LogFile


class ToldRun(LogFile):
    """A text in memory that grows with the journal."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal)
        self._journal, self._narrator, self._state = JournalFollower(journal), Narrator(), RunState()
        self._text = b""

    def look(self) -> None:
        """Take what is new in the journal."""
        try:
            events = self._journal.poll()
        except OSError as error:
            self._tell(error)
            return
        self.there, self.trouble = self.there or bool(events), ""
        self._text += "".join(map(self._told, events)).encode()
        self.size = len(self._text)

    def _told(self, event: Event) -> str:
        self._state.apply(event)
        return "".join(f"{clock(event.ts)}  {line}\n" for line in self._narrator.lines(event, self._state))

    def _open(self) -> BinaryIO:
        return io.BytesIO(self._text)
