"""A configuration by hand: a value for each parameter of the task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.events import Key
from textual.widgets import Input, Label, Static

from autotuner_core.json_value import json_value
from autotuner_core.report.format import value
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.words import plain
from autotuner_tui.screens.box import Box
from autotuner_tui.widgets.field import Field


class AddScreen(Box[dict[str, Any]]):
    """Begins with the chosen experiment's values. Enter queues it, Esc leaves; the host says what is wrong with it."""

    DEFAULT_CSS = """
    AddScreen { align: center middle; }
    AddScreen > VerticalScroll { width: 72; max-width: 96%; height: auto; max-height: 90%; border: round $accent;
        background: $surface; padding: 0 2; }
    AddScreen Horizontal { height: 1; }
    AddScreen Label { width: 24; color: $text-muted; }
    AddScreen Input { width: 16; border: none; height: 1; padding: 0 1; background: $panel; }
    AddScreen .values { width: 1fr; color: $text-muted; padding-left: 2; height: 1; }
    AddScreen .keys { color: $text-muted; margin-top: 1; }
    """

    def __init__(self, state: RunState, chosen: Sequence[int]) -> None:
        super().__init__()
        self._parameters: Mapping[str, Any] = state.task.get("parameters") or {}
        example = state.experiments.get(chosen[0]) if chosen else None
        self._given = dict(example.parameters if example is not None else state.task.get("baseline") or {})

    def compose(self) -> ComposeResult:
        """A row for each parameter: its name, a field, the values of the task."""
        with VerticalScroll() as box:
            box.border_title = "Add a configuration"
            box.can_focus = False
            for number, name in enumerate(self._parameters):
                with Horizontal():
                    yield Label(plain(name, 23), markup=False)
                    field = Field(value(self._given.get(name, "")), id=f"parameter-{number}", compact=True)
                    field.cursor_blink = False
                    yield field
                    yield Static(listed(self._parameters[name]), markup=False, classes="values")
            yield Static("Enter queues it at the end · Tab next field · Esc leaves", markup=False, classes="keys")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        fields = [field.value.strip() for field in self.query(Input)]
        self.dismiss({name: read(text) for name, text in zip(self._parameters, fields, strict=True) if text})

    def on_key(self, event: Key) -> None:
        """Esc leaves; up and down go from field to field."""
        if event.key == "escape":
            event.stop()
            self.dismiss({})
        elif event.key in ("up", "down"):
            (self.focus_previous if event.key == "up" else self.focus_next)()


def listed(parameter: Mapping[str, Any]) -> str:
    """The values of a parameter as the task has them, in a few words."""
    if isinstance(values := parameter.get("values"), list):
        return plain(", ".join(value(one) for one in values), 60)
    if "min" in parameter:
        return plain(f"{value(parameter['min'])} to {value(parameter.get('max'))}", 60)
    return plain(parameter.get("type", ""), 60)


def read(text: str) -> Any:
    """A value as JSON where it is, else as text, as `send add` reads it."""
    try:
        return json_value(text, finite=True)
    except ValueError:
        return text
