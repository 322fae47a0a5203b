"""Asking for the path of a task file; typing offers what is there, Tab completes it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from autotuner_tui.editing.completing import completed, completions
from autotuner_tui.screens.box import Box
from autotuner_tui.widgets.field import Field
from autotuner_tui.widgets.lines import neutral

SHOWN = 8


class PathQuestion(Box[Path | None]):
    """Gives the path, or None. `must_be`: only a file that is there is taken; otherwise only one that is not there, or
    after a second Enter."""

    DEFAULT_CSS = """
    PathQuestion { align: center middle; }
    PathQuestion > Vertical { width: 84; max-width: 96%; height: auto; border: round $accent; background: $surface;
        padding: 0 1; }
    PathQuestion Input { border: none; height: 1; padding: 0 1; background: $panel; }
    PathQuestion #found { color: $text-muted; height: auto; min-height: 1; }
    """

    def __init__(self, title: str, begun: str = "", *, must_be: bool = True) -> None:
        super().__init__()
        self._title, self._begun, self._must_be = title, begun, must_be
        self._candidates: list[str] = []
        self._warned = ""

    def compose(self) -> ComposeResult:
        """A field, and below it what could be meant."""
        with Vertical() as box:
            box.border_title = self._title
            field = Field(self._begun, compact=True, select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Static("", markup=False, id="found")
            yield Static("Tab completes · Enter takes it · Esc leaves", markup=False, id="keys")

    def on_mount(self) -> None:
        """The offered name is replaced by typing; the folder before it stays."""
        name = len(self._begun) - len(self._begun.rpartition("/")[2])
        self.query_one(Input).selection = Selection(name, len(self._begun))

    @on(Input.Changed)
    def _changed(self) -> None:
        self.offer()

    @work(exclusive=True, group="complete")
    async def offer(self, complete: bool = False) -> None:
        """Look in the folder for what could be meant."""
        field = self.query_one(Input)
        typed = field.value
        candidates = await asyncio.to_thread(completions, typed)
        if field.value != typed:
            return
        self._candidates = candidates
        if complete and candidates and (more := completed(typed, candidates)) != typed:
            field.value = more
            field.cursor_position = len(more)
        self._show("\n".join(_fitting(candidates)) or ("nothing here begins so" if typed else ""))

    def _show(self, text: str) -> None:
        self.query_one("#found", Static).update(neutral_lines(text))

    @on(Input.Submitted)
    @work(exclusive=True, group="take")
    async def _submitted(self, event: Input.Submitted) -> None:
        typed = event.value.strip()
        if not typed:
            return
        path = Path(typed).expanduser().absolute()
        if await asyncio.to_thread(path.is_dir):
            self._show("this is a folder: name the .json or .yaml file in it")
        elif await asyncio.to_thread(path.exists) == self._must_be or self._warned == typed:
            self.dismiss(path)
        elif self._must_be:
            self._show("there is no such file")
        else:
            self._warned = typed
            self._show("this file is there already: Enter once more writes over it")

    def on_key(self, event: Key) -> None:
        """Tab completes, Esc leaves."""
        if event.key == "tab":
            event.stop()
            event.prevent_default()
            self.offer(complete=True)
        elif event.key == "escape":
            event.stop()
            self.dismiss(None)


def neutral_lines(text: str) -> str:
    """The text without control characters, line by line."""
    return "\n".join(neutral(one) for one in text.splitlines())


def _fitting(candidates: list[str]) -> list[str]:
    if len(candidates) <= SHOWN:
        return candidates
    return [*candidates[: SHOWN - 1], f"and {len(candidates) - SHOWN + 1} more"]
