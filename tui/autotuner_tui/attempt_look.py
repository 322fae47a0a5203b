"""The files of the attempt that is looked at, read by a thread whenever they may have become more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from autotuner_core.run.experiment_state import AttemptState
from autotuner_tui.open_run import OpenRun
from autotuner_tui.streams.attempt_files import AttemptFiles, Sent, Spread


class AttemptLook:
    """`sent` and `spreads` are what is known now. `begin` has a coroutine run beside the screen; `came` is called when
    there is something new."""

    def __init__(self, run: OpenRun, begin: Callable[[Awaitable[None]], object], came: Callable[[], None]) -> None:
        self._run, self._begin, self._came = run, begin, came
        self._which: tuple[int, int] | None = None
        self._forget()

    def _forget(self) -> None:
        self.sent = Sent()
        self.spreads: tuple[Spread, ...] = ()
        self._files: AttemptFiles | None = None
        self._read_to: object = None
        self._reading: AttemptFiles | None = None

    def follow(self, experiment: int, attempt: AttemptState | None) -> None:
        """Look at this attempt; called on every tick."""
        which = (experiment, attempt.attempt) if attempt is not None else None
        if which != self._which:
            self._which = which
            self._forget()
            self._files = AttemptFiles(self._run.folder.attempt(*which)) if which is not None else None
        if attempt is None or self._files is None or self._reading is self._files:
            return
        grown = (self._run.state.last_seq, self._run.streams.tails.get(experiment)) if attempt.ended is None else ()
        if self._read_to != grown:
            self._read_to, self._reading = grown, self._files
            self._begin(self._read(self._files))

    async def _read(self, files: AttemptFiles) -> None:
        sent, spreads = await asyncio.to_thread(files.read)
        if self._files is files:
            self._reading = None
            self.sent, self.spreads = sent, spreads
            self._came()
