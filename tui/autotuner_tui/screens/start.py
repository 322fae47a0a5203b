"""The beginning: runs to attach to or to go on with, tasks opened before, examples."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container

from autotuner_tui.app import AutotunerApp
from autotuner_tui.background import Latest
from autotuner_tui.cli.exits import UserError
from autotuner_tui.live.situation import Situation
from autotuner_tui.places import START
from autotuner_tui.recent_tasks import RecentTask
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.start_lists import Example, ListedRun, Lister, StartLists, has_place
from autotuner_tui.views.start import (
    EXAMPLE_COLUMNS,
    RUN_COLUMNS,
    TASK_COLUMNS,
    example_row,
    run_row,
    start_head,
    task_row,
)  # fmt: skip
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.lines import Piece
from autotuner_tui.widgets.table import Column, Key, Table
from autotuner_tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from autotuner_tui.editing.document import Document

LOOK_SECONDS = 3.0
PANELS = ("runs", "tasks", "examples")
EMPTY = {
    "runs": "reading the list of runs",
    "tasks": "tasks that you open stand here\nf opens a file, n begins one from nothing",
    "examples": "reading the examples",
}

ROWS: dict[str, tuple[Sequence[Column], Callable[[Any, float], Sequence[Piece]]]] = {
    "runs": (RUN_COLUMNS, run_row),
    "tasks": (TASK_COLUMNS, task_row),
    "examples": (EXAMPLE_COLUMNS, example_row),
}


class StartScreen(ActionScreen):
    """Three lists; the focused one has the keys. `arguments`: the command line."""

    PLACE: ClassVar[str] = START
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-normal"), (130, "-wide")]
    CSS_PATH = "../styles/start.tcss"

    def __init__(self, arguments: Namespace) -> None:
        super().__init__()
        self.arguments = arguments
        self._lists = StartLists()
        self._offer_demo = False
        self._listed: dict[str, dict[Key, Any]] = {name: {} for name in PANELS}

    def compose(self) -> ComposeResult:
        """Head, lists, footer."""
        yield TextLines(id="head")
        with Container(id="panels", classes="-main-1"):
            for name in PANELS:
                yield Table(id=name, classes="panel", empty=EMPTY[name])
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
        self._table("runs").say_when_empty("no run yet\nd runs the demo; a task is started from its screen")
        self._table("examples").say_when_empty("this installation has no examples")
        self._listed = {
            "runs": {run.folder.root: run for run in lists.runs},
            "tasks": {task.path: task for task in lists.tasks},
            "examples": {example.name: example for example in lists.examples},
        }
        for number, (name, title) in enumerate(zip(PANELS, ("Runs", "Tasks", "New from an example"), strict=True), 1):
            count = len(self._listed[name])
            self._table(name).border_title = f"{number} {title}{f' {count}' if count else ''}"
            self._show(name)
        self.tick()

    def _look_for_a_place(self) -> None:
        """Once, and only when the lists have come: reading what looks for GPUs and clusters would delay them."""
        if self._places is None:
            self._places = Latest(self.app, self._place_known)
            self._places.ask(lambda: has_place(self.arguments))

    def _show(self, name: str) -> None:
        (columns, row), known, now = ROWS[name], self._listed[name], time.time()
        self._table(name).show(columns, tuple(known), lambda key: row(known[key], now))

    def _place_known(self, there: bool) -> None:
        self._offer_demo = not there
        self.tick_now()

    def _table(self, name: str) -> Table:
        return self.query_one(f"#{name}", Table)

    def _under_cursor(self) -> ListedRun | RecentTask | Example | None:
        """What the focused list's cursor is on."""
        focused = self.focused
        if not isinstance(focused, Table) or focused.id not in PANELS:
            return None
        return self._listed[focused.id].get(focused.cursor)

    def situation(self) -> Situation:
        """Whether the run under the cursor can be gone on with."""
        chosen = self._under_cursor()
        return Situation(steerable=False, resumable=isinstance(chosen, ListedRun) and chosen.resumable)

    def tick(self) -> None:
        """Head and footer tell what is possible with what the cursor is on."""
        chosen = self._under_cursor()
        self.query_one("#head", TextLines).show(
            start_head(self._offer_demo and not self._lists.runs, chosen if isinstance(chosen, ListedRun) else None)
        )
        for name in PANELS:
            self._table(name).repaint()
        self.query_one(Footer).repaint()

    @on(Table.Chosen)
    def _chosen(self) -> None:
        self.tick()

    def on_descendant_focus(self) -> None:
        """Another list has the keys."""
        self.tick()

    # ---- actions

    def _panel(self, number: int) -> None:
        panels = self.query_one("#panels")
        panels.remove_class(*(f"-main-{n}" for n in range(1, len(PANELS) + 1)))
        panels.add_class(f"-main-{number}")
        self.focus_at_once(self._table(PANELS[number - 1]))

    def do_panel_1(self) -> None:
        """Runs."""
        self._panel(1)

    def do_panel_2(self) -> None:
        """Tasks."""
        self._panel(2)

    def do_panel_3(self) -> None:
        """Examples."""
        self._panel(3)

    @on(Table.Opened)
    def do_enter(self) -> None:
        """Open it."""
        from autotuner_tui.editing.document import opened

        chosen = self._under_cursor()
        if isinstance(chosen, ListedRun):
            self._show_run(chosen)
        elif isinstance(chosen, Example):
            self._from_example(chosen)
        elif chosen is not None:
            path = chosen.path
            self._edit(lambda: opened(path))

    @work(exclusive=True, group="open")
    async def do_open_file(self) -> None:
        """Ask for a path, and open it."""
        from autotuner_tui.editing.document import opened
        from autotuner_tui.screens.path_question import PathQuestion

        path = await self.answer(PathQuestion("Open a task file"))
        if path is not None:
            self._edit(lambda: opened(path))

    def do_new(self) -> None:
        """An empty task, or the one that was never saved."""
        from autotuner_tui.editing.document import begun

        self._edit(begun)

    @work(exclusive=True, group="open")
    async def _from_example(self, example: Example) -> None:
        from autotuner_core.run.whole_file import write_text
        from autotuner_tui.cli.commands.new import example_text
        from autotuner_tui.editing.document import opened
        from autotuner_tui.screens.path_question import PathQuestion

        question = PathQuestion(f"Write the example {example.name} to", example.path.name, must_be=False)
        path = await self.answer(question)
        if path is None:
            return
        if path.suffix != example.path.suffix:
            self.say(f"the example is {example.path.suffix[1:].upper()}: name it {path.stem}{example.path.suffix}")
            return
        try:
            await asyncio.to_thread(lambda: write_text([example_text(example.path)], path))
        except OSError as error:
            self.say(f"not written: {error}")
            return
        self._edit(lambda: opened(path))

    @work(exclusive=True, group="edit")
    async def _edit(self, make: Callable[[], Document]) -> None:
        """The task's screen. Reading what it is made of takes a while the first time."""
        try:
            document = await asyncio.to_thread(make)
        except UserError as error:
            self.say(f"{error} {error.cure}")
            return
        await asyncio.to_thread(__import__, "autotuner_tui.screens.task")
        from autotuner_tui.screens.task import TaskScreen

        self.app.push_screen(TaskScreen(document, self.arguments))

    @work(exclusive=True, group="run")
    async def _show_run(self, run: ListedRun) -> None:
        if run.told["state"] == "unreadable" and "problem" in run.told:
            self.say(str(run.told["problem"]))
            return
        await asyncio.to_thread(__import__, "autotuner_tui.screens.run")
        assert isinstance(self.app, AutotunerApp)
        self.app.push_screen(self.app.open_run(run.folder))

    def do_resume(self) -> None:
        """Have a host go on with the run, and show it."""
        from autotuner_tui.host.order import GoOn
        from autotuner_tui.screens.starting import begin_and_show, options_of

        chosen = self._under_cursor()
        if isinstance(chosen, ListedRun):
            self.say(f"going on with run {chosen.folder.run_id}")
            self.app.run_worker(begin_and_show(self, GoOn(chosen.folder, options_of(self.arguments))))

    def do_demo(self) -> None:
        """Ask, then run the demo."""
        from autotuner_tui.screens.starting import start_demo

        self.app.run_worker(start_demo(self))
