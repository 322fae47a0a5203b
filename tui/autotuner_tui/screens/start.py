"""The beginning: runs to attach to or to go on with, tasks opened before, examples."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Coroutine
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult

from autotuner_tui.background import Latest
from autotuner_tui.live.situation import Situation
from autotuner_tui.places import START
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.screens.numbered import NumberedPanels
from autotuner_tui.start_lists import Example, ListedRun, Lister, StartLists, has_place
from autotuner_tui.views.start import start_head
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.start_panels import StartPanels
from autotuner_tui.widgets.table import Table
from autotuner_tui.widgets.text_lines import TextLines

LOOK_SECONDS = 3.0


class StartScreen(NumberedPanels, ActionScreen):
    """Three lists; the focused one has the keys. `arguments`: the command line."""

    PLACE: ClassVar[str] = START
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-normal"), (130, "-wide")]
    CSS_PATH = "../styles/start.tcss"

    def __init__(self, arguments: Namespace) -> None:
        super().__init__()
        self.arguments = arguments
        self._lists = StartLists()
        self._offer_demo = False
        self._panels = StartPanels()

    def compose(self) -> ComposeResult:
        """Head, lists, footer."""
        yield TextLines(id="head")
        yield self._panels
        yield Footer()

    def on_mount(self) -> None:
        """Begin to read."""
        lister = Lister()
        self._reads, self._read = Latest(self.app, self._came), lister.read
        self._places: Latest[bool] | None = None
        self.query_one("#runs").focus()
        self.look()
        self.set_interval(LOOK_SECONDS, self.look)

    def look(self) -> None:
        """Have the lists read again, while they are to be seen."""
        if self.is_current and not self._reads.busy:
            self._reads.ask(self._read)

    def on_screen_resume(self) -> None:
        """What came meanwhile."""
        super().on_screen_resume()
        self.call_after_refresh(self.look)

    def _came(self, lists: StartLists) -> None:
        if self._pruning or (lists == self._lists and self._lists.examples):
            return
        self._lists = lists
        self._look_for_a_place()
        self._panels.show(lists)
        self.tick()

    def _look_for_a_place(self) -> None:
        """Once, and only when the lists have come: reading what looks for GPUs and clusters would delay them."""
        if self._places is None:
            self._places = Latest(self.app, self._place_known)
            self._places.ask(lambda: has_place(self.arguments))

    def _place_known(self, there: bool) -> None:
        self._offer_demo = not there
        self.tick_now()

    def situation(self) -> Situation:
        """Whether the run under the cursor can be gone on with."""
        chosen = self._panels.under_cursor(self.focused)
        return Situation(steerable=False, resumable=isinstance(chosen, ListedRun) and chosen.resumable)

    def tick(self) -> None:
        """Head and footer tell what is possible with what the cursor is on."""
        chosen = self._panels.under_cursor(self.focused)
        self.query_one("#head", TextLines).show(
            start_head(self._offer_demo and not self._lists.runs, chosen if isinstance(chosen, ListedRun) else None)
        )
        self._panels.repaint()
        self.query_one(Footer).repaint()

    @on(Table.Chosen)
    def _chosen(self) -> None:
        self.tick()

    def on_descendant_focus(self) -> None:
        """Another list has the keys."""
        self.tick()

    # ---- actions

    def show_panel(self, number: int) -> None:
        """See NumberedPanels.show_panel."""
        self.focus_at_once(self._panels.bring_up(number))

    @on(Table.Opened)
    def do_enter(self) -> None:
        """Open it."""
        from autotuner_tui.screens import opening

        chosen = self._panels.under_cursor(self.focused)
        if isinstance(chosen, ListedRun):
            self._open(opening.open_run(self, chosen))
        elif isinstance(chosen, Example):
            self._open(opening.task_from_example(self, chosen))
        elif chosen is not None:
            self._open(opening.open_task(self, chosen.path))

    def do_open_file(self) -> None:
        """Ask for a path, and open it."""
        from autotuner_tui.screens import opening

        self._open(opening.ask_and_open_task(self))

    def do_new(self) -> None:
        """An empty task, or the one that was never saved."""
        from autotuner_tui.screens import opening

        self._open(opening.new_task(self))

    def _open(self, what: Coroutine[Any, Any, None]) -> None:
        self.run_worker(what, exclusive=True, group="open")

    def do_resume(self) -> None:
        """Have a host go on with the run, and show it."""
        from autotuner_tui.host.order import GoOn
        from autotuner_tui.screens.starting import begin_and_show, options_of

        chosen = self._panels.under_cursor(self.focused)
        if isinstance(chosen, ListedRun):
            self.say(f"going on with run {chosen.folder.run_id}")
            self.app.run_worker(begin_and_show(self, GoOn(chosen.folder, options_of(self.arguments))))

    def do_demo(self) -> None:
        """Ask, then run the demo."""
        from autotuner_tui.screens.starting import start_demo

        self.app.run_worker(start_demo(self))
