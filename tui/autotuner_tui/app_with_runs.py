"""The runs that are open in the program: each is read by a thread, and shown at its tick."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from autotuner_tui.app_outside import AppFromOutside
from autotuner_tui.cli.exits import UserError
from autotuner_tui.screens.acting import ActionScreen

if TYPE_CHECKING:
    import subprocess

    from textual.driver import Driver

    from autotuner_core.engine.host import Host
    from autotuner_core.run.folder import RunFolder
    from autotuner_tui.host.beginning import Beginning
    from autotuner_tui.host.order import Order
    from autotuner_tui.host.spawn import HostProcess
    from autotuner_tui.open_run import OpenRun
    from autotuner_tui.screens.run import RunScreen


class AppWithRuns(AppFromOutside):
    """Opens runs, begins them, and has the screens follow them."""

    def __init__(self, driver: type[Driver] | None, *, ansi: bool | None) -> None:
        super().__init__(driver, ansi=ansi)
        self.runs: list[OpenRun] = []
        """Those that were opened, in order; the last one is what the program says goodbye to."""
        self.beginnings: list[Beginning] = []
        """Runs that were begun from here, in order."""
        self._due = False

    def open_run(
        self,
        folder: RunFolder,
        *,
        watch: bool = False,
        child: subprocess.Popen[bytes] | None = None,
        host: Host | None = None,
    ) -> RunScreen:
        """A screen that shows the run in this folder, which is read from now on. See OpenRun."""
        from autotuner_tui.open_run import OpenRun
        from autotuner_tui.screens.run import RunScreen

        run = OpenRun(folder, self.something_came, watch=watch, child=child, host=host)
        self.runs.append(run)
        run.start()
        return RunScreen(run)

    async def begin(self, order: Order) -> HostProcess:
        """Have a host take the order in hand. Raises UserError where the run cannot begin, or another one is about
        to."""
        from autotuner_tui.host.beginning import Beginning

        if any(one.under_way for one in self.beginnings):
            raise UserError("a run is being started already", cure="it is shown as soon as it has begun")
        done = asyncio.Event()
        beginning = Beginning(order, self._say_from_outside, lambda: self.from_outside(done.set))
        self.beginnings.append(beginning)
        await done.wait()
        return beginning.result()

    def leave_at_the_end(self, said: str) -> None:
        """Say this, and leave once the run has ended: a signal has stopped it. From any thread."""
        from autotuner_tui.screens.steering import RunView

        def mark() -> None:
            for screen in self.screen_stack:
                if isinstance(screen, RunView):
                    screen.leaves_at_the_end = True
                    screen.say(said)
                    screen.tick_soon()

        self.from_outside(mark)

    def _say_from_outside(self, message: str) -> None:
        def say() -> None:
            if isinstance(screen := self.screen, ActionScreen):
                screen.say(message)

        self.from_outside(say)

    def close_run(self, run: OpenRun) -> None:
        """Look at this run no more."""
        run.close()

    def something_came(self) -> None:
        """A run has news: have the tick take them. Thread-safe; many calls before a tick make one."""
        if self._due:
            return
        self._due = True  # before the tick, which may be done by the time that it is asked for
        if not self.from_outside(self._tick):
            self._due = False

    def _tick(self) -> None:
        self._due = False
        for run in self.runs:
            run.take()
        for screen in self.screen_stack:
            if isinstance(screen, ActionScreen) and screen.stands and self.is_running:
                screen.tick()
        self.call_after_refresh(self._look_on)

    def _look_on(self) -> None:
        """What the person sees now decides what is read next."""
        for run in self.runs:
            run.look_on()

    def on_unmount(self) -> None:
        """The threads end with the program."""
        for run in self.runs:
            run.close()
