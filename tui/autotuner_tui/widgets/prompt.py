"""A line of a panel in which a text is typed: what to look for, what to show."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Blur
from textual.message import Message
from textual.widgets import Input

from autotuner_tui.widgets.field import Field
from autotuner_tui.widgets.lines import Piece
from autotuner_tui.widgets.text_lines import TextLines


class PromptInput(Field):
    """Esc leaves it, and so does going elsewhere."""

    BINDINGS = [("escape", "leave", "leave")]
    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (("Enter", "take it"), ("Esc", "leave it"))
    """What the footer shows meanwhile: letters are no keys here."""

    class Left(Message):
        """It is left."""

    def action_leave(self) -> None:
        """Leave it."""
        self.post_message(self.Left())

    def _on_blur(self, event: Blur) -> None:
        super()._on_blur(event)
        self.post_message(self.Left())


class Prompt(Horizontal):
    """Not shown until `ask`; then it has the keys, until a text is typed or it is left."""

    DEFAULT_CSS = """
    Prompt { height: 1; display: none; }
    Prompt > TextLines { height: 1; width: 2; }
    Prompt > PromptInput { height: 1; width: 1fr; border: none; padding: 0; background: $panel; }
    """

    class Typed(Message):
        """Enter was pressed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """It is not shown any more, after Typed or without it. `typing`: the keys were still here."""

        def __init__(self, typing: bool) -> None:
            super().__init__()
            self.typing = typing

    def compose(self) -> ComposeResult:
        """The key that has opened it, then the text."""
        yield TextLines()
        field = PromptInput(compact=True)
        field.cursor_blink = False
        yield field

    def ask(self, sign: str, text: str, placeholder: str) -> None:
        """Have a text typed; `text` stands there at first."""
        self.query_one(TextLines).show([(Piece(sign, "accent"),)])
        field = self.query_one(PromptInput)
        field.value, field.placeholder = text, placeholder
        self.display = True
        field.focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))
        self._close()

    @on(PromptInput.Left)
    def _left(self, event: PromptInput.Left) -> None:
        event.stop()
        self._close()

    def _close(self) -> None:
        if self.display:
            typing = self.query_one(PromptInput).has_focus
            self.display = False
            self.post_message(self.Left(typing))
