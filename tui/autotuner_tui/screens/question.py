"""A question before something is lost: asked once, in words that say what will happen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key
from textual.widgets import Static

from autotuner_tui.screens.box import Box
from autotuner_tui.widgets.lines import neutral

YES = ("y", "Y", "enter")


class Question(Box[bool]):
    """`again`: keys that also mean yes, such as the one that asked. Any other key is no."""

    DEFAULT_CSS = """
    Question { align: center middle; }
    Question > Vertical { width: 72; max-width: 95%; height: auto; max-height: 90%; border: round $accent;
        background: $surface; padding: 0 2; }
    Question .answers { color: $text-muted; margin-top: 1; }
    """

    def __init__(self, title: str, lines: Sequence[str], yes: str, again: Sequence[str] = ()) -> None:
        super().__init__()
        self._title, self._lines, self._yes, self._again = title, lines, yes, tuple(again)

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        with Vertical() as box:
            box.border_title = neutral(self._title)
            for text in self._lines:
                yield Static(neutral(text), markup=False)
            yield Static(f"y or Enter {self._yes} · any other key: no", markup=False, classes="answers")

    def on_key(self, event: Key) -> None:
        """One key answers."""
        event.stop()
        event.prevent_default()
        self.dismiss(event.key in YES or event.key in self._again)
