"""Taking a configuration away: to the clipboard (OSC 52, also through SSH) and into a file."""

from __future__ import annotations

import asyncio

from textual import work

from autotuner_core.report.result import Result
from autotuner_core.run.whole_file import FileWriteError
from autotuner_tui.configuration_file import configuration_record, copied_text, save
from autotuner_tui.screens.steering import RunView


class TakingView(RunView):
    """Base of the screens on which one experiment is looked at."""

    def looked_at(self) -> int | None:
        """The experiment whose configuration is meant."""
        return None

    def result_of(self, experiment: int) -> Result | None:
        """Its result as it is ranked now."""
        return None

    @work
    async def do_copy(self) -> None:
        """Copy its flags; save it too, because many terminals pass nothing on."""
        await self._take(copy=True)

    @work
    async def do_save(self) -> None:
        """Save it as JSON."""
        await self._take(copy=False)

    async def _take(self, copy: bool) -> None:
        experiment = self.looked_at()
        if experiment is None or experiment not in self.open_run.state.experiments:
            self.say("no experiment is chosen")
            return
        record = configuration_record(self.open_run.state, experiment, self.result_of(experiment))
        if copy:
            self.app.copy_to_clipboard(copied_text(record))
        try:
            path = await asyncio.to_thread(save, record, self.open_run.folder)
        except FileWriteError as error:
            self.say(f"{'copied; ' if copy else ''}not saved: {error}")
            return
        self.say(f"{'copied, and ' if copy else ''}saved in {path}")
