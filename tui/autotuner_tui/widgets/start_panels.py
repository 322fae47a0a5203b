"""The lists of the first screen: runs, tasks opened before, examples."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from autotuner_tui.recent_tasks import RecentTask
from autotuner_tui.start_lists import Example, ListedRun, StartLists
from autotuner_tui.views.start import (
    EXAMPLE_COLUMNS,
    RUN_COLUMNS,
    TASK_COLUMNS,
    example_row,
    run_row,
    task_row,
)  # fmt: skip
from autotuner_tui.widgets.lines import Piece
from autotuner_tui.widgets.room import give_room
from autotuner_tui.widgets.table import Column, Key, Table

TITLES = {"runs": "Runs", "tasks": "Tasks", "examples": "New from an example"}
"""By id, in the order of their keys."""
READING = {
    "runs": "reading the list of runs",
    "tasks": "tasks that you open stand here\nf opens a file, n begins one from nothing",
    "examples": "reading the examples",
}
ROWS: dict[str, tuple[Sequence[Column], Callable[[Any, float], Sequence[Piece]]]] = {
    "runs": (RUN_COLUMNS, run_row),
    "tasks": (TASK_COLUMNS, task_row),
    "examples": (EXAMPLE_COLUMNS, example_row),
}


class StartPanels(Container):
    """A table a list; which have room, the style says: `-main-2` gives it to the second."""

    def __init__(self) -> None:
        super().__init__(id="panels", classes="-main-1")
        self._listed: dict[str, dict[Key, Any]] = {name: {} for name in TITLES}

    def compose(self) -> ComposeResult:
        """In the order of their keys."""
        for name, text in READING.items():
            yield Table(id=name, classes="panel", empty=text)

    def table(self, name: str) -> Table:
        """A list's table, by id."""
        return self.query_one(f"#{name}", Table)

    def show(self, lists: StartLists) -> None:
        """What was read. An empty list says what to do."""
        self.table("runs").say_when_empty("no run yet\nd runs the demo; a task is started from its screen")
        self.table("examples").say_when_empty("this installation has no examples")
        self._listed = {
            "runs": {run.folder.root: run for run in lists.runs},
            "tasks": {task.path: task for task in lists.tasks},
            "examples": {example.name: example for example in lists.examples},
        }
        for number, (name, title) in enumerate(TITLES.items(), 1):
            count = len(self._listed[name])
            self.table(name).border_title = f"{number} {title}{f' {count}' if count else ''}"
            self._show(name)

    def _show(self, name: str) -> None:
        (columns, row), known, now = ROWS[name], self._listed[name], time.time()
        self.table(name).show(columns, tuple(known), lambda key: row(known[key], now))

    def under_cursor(self, focused: Widget | None) -> ListedRun | RecentTask | Example | None:
        """What the cursor of the list that has the keys is on."""
        if not isinstance(focused, Table) or focused.id not in TITLES:
            return None
        return self._listed[focused.id].get(focused.cursor)

    def repaint(self) -> None:
        """Where the cursor is has changed."""
        for name in TITLES:
            self.table(name).repaint()

    def bring_up(self, number: int) -> Table:
        """Give this list the room where not all have any."""
        give_room(self, number, len(TITLES))
        return self.table(list(TITLES)[number - 1])
