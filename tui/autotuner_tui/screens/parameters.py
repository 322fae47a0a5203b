"""The engine's known parameters: what each does, and one of them for the task."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key
from textual.widgets import Input

from autotuner_core.engines.profile import ParameterInfo, Profile
from autotuner_core.report.format import value
from autotuner_tui.editing.key_words import KeyWords, setting_facts
from autotuner_tui.screens.box import Box
from autotuner_tui.views.task import key_lines
from autotuner_tui.widgets.field import Field
from autotuner_tui.widgets.lines import Piece
from autotuner_tui.widgets.table import Column, Table
from autotuner_tui.widgets.text_lines import TextLines

COLUMNS = (Column("parameter", 30), Column("default", 12, spare=1), Column("values to try", 0))


class ParametersScreen(Box[ParameterInfo | None]):
    """Typing filters by name and description; Enter puts the parameter under the cursor into the text, Esc leaves."""

    DEFAULT_CSS = """
    ParametersScreen { align: center middle; }
    ParametersScreen > Vertical { width: 110; max-width: 98%; height: 90%; border: round $accent; background: $surface;
        padding: 0 1; }
    ParametersScreen Input { border: none; height: 1; padding: 0 1; background: $panel; }
    ParametersScreen Table { height: 1fr; }
    ParametersScreen TextLines { height: 7; border-top: solid $panel-lighten-2; }
    """

    def __init__(self, engine: Profile, taken: Collection[str]) -> None:
        super().__init__()
        self._engine = engine
        self._taken = {info.name for name in taken if (info := engine.find(name)) is not None}
        self._keys: Sequence[str] = tuple(engine.parameters)

    def compose(self) -> ComposeResult:
        """A field for words, the parameters that have them, and what the one under the cursor does."""
        with Vertical() as box:
            box.border_title = f"Parameters of {self._engine.title} · Enter puts it into the task · Esc leaves"
            field = Field(placeholder="words to find it by", compact=True)
            field.cursor_blink = False
            yield field
            table = Table(empty="no known parameter has these words; a task may name others all the same")
            table.can_focus = False
            yield table
            yield TextLines()

    def on_mount(self) -> None:
        """All of them."""
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        """Lines are made for a width."""
        self.call_after_refresh(self._show)

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        words = event.value.lower().split()
        found = [
            name
            for name, info in self._engine.parameters.items()
            if all(word in f"{name} {info.flag} {' '.join(info.aliases)} {info.about}".lower() for word in words)
        ]
        self._keys = tuple(sorted(found, key=lambda name: not all(word in name.lower() for word in words)))
        self._show()
        if self._keys:
            self.query_one(Table).move_to(self._keys[0])

    @on(Table.Chosen)
    def _chosen(self) -> None:
        self._show()

    @on(Table.Opened)
    @on(Input.Submitted)
    def _taken_by_enter(self) -> None:
        if (info := self._under_cursor()) is not None:
            self.dismiss(info)

    def on_key(self, event: Key) -> None:
        """The list moves while the field has the keys."""
        table = self.query_one(Table)
        moves = {"down": table.do_down, "up": table.do_up, "pagedown": table.do_page_down, "pageup": table.do_page_up}
        if event.key in moves:
            event.stop()
            moves[event.key]()
        elif event.key == "escape":
            event.stop()
            self.dismiss(None)

    def _under_cursor(self) -> ParameterInfo | None:
        return self._engine.parameters.get(str(self.query_one(Table).cursor))

    def _show(self) -> None:
        if not self.is_mounted or self._pruning:
            return
        self.query_one(Table).show(COLUMNS, self._keys, lambda name: self._row(str(name)))
        about, info = self.query_one(TextLines), self._under_cursor()
        words = None if info is None else KeyWords(info.name, info.about, (*setting_facts(info), info.versions))
        about.show(key_lines(words, about.size.width) if words else ())

    def _row(self, name: str) -> list[Piece]:
        info = self._engine.parameters[name]
        default = value(info.default) if info.default is not None else "-"
        tried = "in the task" if name in self._taken else ", ".join(value(one) for one in info.values) or "on, off"
        return [Piece(name, "dim" if name in self._taken else ""), Piece(default), Piece(tried, "dim")]
