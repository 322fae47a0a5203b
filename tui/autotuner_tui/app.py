"""The Textual program: its first screen, the keys of everywhere, themes. What a screen shows is the fold of the run's
folder and nothing else; whatever befalls this program, a run does not notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding
from textual.command import Provider
from textual.events import Event
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import WorkerFailed

from autotuner_tui.actions import EVERYWHERE
from autotuner_tui.app_with_runs import AppWithRuns
from autotuner_tui.cli.exits import UserError
from autotuner_tui.garbage import reading_what_stays
from autotuner_tui.keys_in_turn import KeysInTurn
from autotuner_tui.live.why import Leaving
from autotuner_tui.registry import ACTIONS
from autotuner_tui.screens.acting import ActionScreen, act, bindings_of
from autotuner_tui.settings import Settings
from autotuner_tui.themes import THEMES

if TYPE_CHECKING:
    from textual.driver import Driver


def _actions() -> type[Provider]:
    from autotuner_tui.palette import Actions

    return Actions


class AutotunerApp(AppWithRuns):
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
        super().__init__(driver, ansi=settings.ansi)
        self.settings = settings
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = settings.theme
        self.stylesheet.set_variables(self.get_css_variables())
        self._next_callbacks.clear()  # Textual would read all styles once more for this theme: none are read yet
        self._first = first
        self.fault: Exception | None = None
        """What ended the program where it was a fault of its own."""
        self.animation_level = "none"  # each step of an animation is sent over the line
        self._keys = KeysInTurn(self)

    def on_resize(self) -> None:
        """A terminal of another size has moved what stood on it."""
        self._forget_the_terminal()

    def _forget_the_terminal(self) -> None:
        if self._driver is not None and hasattr(self._driver, "forget"):
            self._driver.forget()

    def compose(self) -> ComposeResult:
        """The shell: what stands there until the first screen is ready."""
        yield Static(" autotuner-tui", markup=False, id="shell")

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
