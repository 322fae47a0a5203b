"""A field to type a line into."""

from __future__ import annotations

from textual.widgets import Input

from autotuner_tui.widgets.lines import neutral


class Field(Input):
    """What is pasted, or given, reaches the terminal without control characters."""

    def validate_value(self, value: str) -> str:
        """Textual's: called with whatever is to stand in it."""
        return neutral(value)
