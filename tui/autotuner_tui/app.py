"""The Textual program: which screens there are, the render tick, signals, themes. What a screen shows is the fold of
the run's folder and nothing else; whatever befalls this program, a run does not notice."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding
from textual.command import Provider
from textual.events import Event
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import WorkerFailed

from autotuner_tui.actions import EVERYWHERE
from autotuner_tui.cli.exits import UserError
from autotuner_tui.garbage import reading_what_stays
from autotuner_tui.headless.signals import SignalWatch
from autotuner_tui.keys_in_turn import KeysInTurn
from autotuner_tui.live.why import CODES, Leaving
from autotuner_tui.registry import ACTIONS
from autotuner_tui.screens.acting import ActionScreen, act, bindings_of
from autotuner_tui.settings import Settings
from autotuner_tui.themes import THEMES

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

STUCK_SECONDS = 5.0
"""How long a screen that is asked to go may hang in its terminal (Ctrl+S) before it is ended."""


def _actions() -> type[Provider]:
    from autotuner_tui.palette import Actions

    return Actions


class AutotunerApp(App[Leaving]):
    """`first` makes the screen that is shown first; it is called in a thread once the empty shell has been painted, and
    may read files, and raise UserError. The value of `run` is why the person left."""

    TITLE = "autotuner-tui"
    PLACE = EVERYWHERE
    CSS_PATH = "styles/app.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "f2"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_actions}
    BINDINGS: ClassVar[list[Binding]] = bindings_of(EVERYWHERE)  # type: ignore[assignment]

    def __init__(
        self,
        first: Callable[[AutotunerApp], Screen[object]],
        settings: Settings,
        driver: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver, ansi_color=settings.ansi)
        self.settings = settings
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = settings.theme
        self.stylesheet.set_variables(self.get_css_variables())
        self._next_callbacks.clear()  # Textual would read all styles once more for this theme: none are read yet
        self._first = first
        self.runs: list[OpenRun] = []
        """Those that were opened, in order; the last one is what the program says goodbye to."""
        self.beginnings: list[Beginning] = []
        """Runs that were begun from here, in order."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._due = False
        self.fault: Exception | None = None
        """What ended the program where it was a fault of its own."""
        self.animation_level = "none"  # each step of an animation is sent over the line
        self._keys = KeysInTurn(self)
        self.signals = SignalWatch(self._signalled, self._signalled, self._hung_up)

    def on_resize(self) -> None:
        """A terminal of another size has moved what stood on it."""
        self._forget_the_terminal()

    def _forget_the_terminal(self) -> None:
        if self._driver is not None and hasattr(self._driver, "forget"):
            self._driver.forget()

    def compose(self) -> ComposeResult:
        """The shell: what stands there until the first screen is ready."""
        yield Static(" autotuner-tui", markup=False, id="shell")

    def on_mount(self) -> None:
        """Other threads call into this loop."""
        self._loop = asyncio.get_running_loop()

    def on_ready(self) -> None:
        """The shell is painted. Get the first screen ready: most of the program is read only now."""
        self.run_worker(self._open_first())

    async def _open_first(self) -> None:
        with reading_what_stays():
            try:
                screen = await asyncio.to_thread(self._first, self)
            except UserError as error:
                self.fault = error
                self.exit(Leaving.BROKEN)
                return
            self.stylesheet.read_all(screen.css_path)  # Textual, asked for these alone, would read all of them anew
            await self.push_screen(screen)

    # ---- runs

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
        beginning = Beginning(order, self._say_from_outside, lambda: self._from_outside(done.set))
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

        self._from_outside(mark)

    def _say_from_outside(self, message: str) -> None:
        def say() -> None:
            if isinstance(screen := self.screen, ActionScreen):
                screen.say(message)

        self._from_outside(say)

    def close_run(self, run: OpenRun) -> None:
        """Look at this run no more."""
        run.close()

    def something_came(self) -> None:
        """A run has news: have the tick take them. Thread-safe; many calls before a tick make one."""
        loop = self._loop
        if loop is None or self._due or loop.is_closed():
            return
        self._due = True
        loop.call_soon_threadsafe(self.call_later, self._tick)  # as a message: timers that it sets want a pump

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

    # ---- keys of everywhere

    async def on_event(self, event: Event) -> None:
        """A key waits until the one before it was handled."""
        if self._keys.take(event):
            await super().on_event(event)

    async def action_act(self, id: str) -> None:
        """An action of everywhere: the screen's own way where it has one."""
        owner = self.screen if hasattr(self.screen, f"do_{id}") else self
        await act(owner, ACTIONS.named(id, EVERYWHERE))

    def do_palette(self) -> None:
        """Find an action by its name."""
        self.action_command_palette()

    def do_help(self) -> None:
        """The keys of this place."""
        from autotuner_tui.screens.help import HelpScreen

        if isinstance(self.screen, ActionScreen):
            self.push_screen(HelpScreen(self.screen))

    def do_theme(self) -> None:
        """The next theme, remembered."""
        names = sorted(self.available_themes)
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
        self.settings.remember(theme=self.theme)
        screen = self.screen
        if isinstance(screen, ActionScreen):
            screen.say(f"theme {self.theme}")

    @property
    def at_the_first(self) -> bool:
        """Whether going back from here leaves the program (Textual's own screen lies below all)."""
        return len(self.screen_stack) <= 2

    def do_back(self) -> None:
        """To the screen before; from the first one out."""
        if self.at_the_first:
            self.exit(Leaving.DETACHED)
        else:
            self.pop_screen()

    def do_redraw(self) -> None:
        """Send everything again."""
        self._forget_the_terminal()
        self.screen.refresh(layout=True)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """None: the palette has our actions alone."""
        return ()

    async def action_quit(self) -> None:
        """Textual's own way out is ours."""
        self.do_back()

    def _handle_exception(self, error: Exception) -> None:
        """A fault of the screen: its traceback is saved by whoever called `run`, and nothing else is lost."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error  # has the traceback
        self.fault = self.fault or error
        self.exit(Leaving.BROKEN)

    # ---- signals, in the thread that watches them

    def _signalled(self, number: signal.Signals) -> None:
        if number is signal.SIGINT:
            self._from_outside(lambda: self.simulate_key("ctrl+c"))
        else:
            self._go(Leaving.TERMINATED)

    def _hung_up(self, terminal_gone: bool) -> None:
        self._go(Leaving.HUNG_UP)

    def leave(self, why: Leaving) -> None:
        """End the program. From any thread."""
        self._from_outside(lambda: self.exit(why))

    def _go(self, why: Leaving) -> None:
        self.leave(why)
        stuck = threading.Timer(STUCK_SECONDS, os._exit, (CODES[why],))
        stuck.daemon = True
        stuck.start()

    def _from_outside(self, do: Callable[[], object]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.call_later, do)
