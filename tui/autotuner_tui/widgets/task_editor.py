"""The text of a task file: highlighted, with a sign beside the lines in which something is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.binding import Binding
from textual.events import Key
from textual.strip import Strip
from textual.widgets import TextArea

from autotuner_core.findings import Finding, Severity
from autotuner_core.task.load import Kind
from autotuner_tui.editing.colours import KINDS, spans
from autotuner_tui.places import EDITOR, TASK
from autotuner_tui.screens.acting import Acting, bindings_of
from autotuner_tui.widgets.lines import dotted

SIGNS = {Severity.ERROR: "✗", Severity.WARNING: "!"}
"""By what stands beside the line; notes have none."""


class TaskEditor(TextArea, Acting):
    """Keys of the screen win over those that TextArea has of its own."""

    PLACE: ClassVar[str] = EDITOR
    COMPONENT_CLASSES: ClassVar[set[str]] = {"editor--error", "editor--warning", *(f"editor--{kind}" for kind in KINDS)}
    BINDINGS = [Binding(one.key, f"screen.{one.action}", one.description, show=False) for one in bindings_of(TASK)]
    DEFAULT_CSS = """
    TaskEditor { padding: 0; scrollbar-size-vertical: 1; }
    TaskEditor > .editor--error { color: $text-error; text-style: bold; }
    TaskEditor > .editor--warning { color: $text-warning; text-style: bold; }
    TaskEditor > .editor--key { color: $primary; }
    TaskEditor > .editor--text { color: $text-success; }
    TaskEditor > .editor--number { color: $text-accent; }
    TaskEditor > .editor--word { color: $text-accent; text-style: bold; }
    TaskEditor > .editor--comment { color: $text-muted; text-style: italic; }
    """

    def __init__(self, text: str, kind: Kind, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(text, soft_wrap=False, show_line_numbers=True, id=id, classes=classes)
        self.highlight_cursor_line = False
        self.theme = "css"
        self.kind: Kind = kind
        self.cursor_blink = False
        self.indent_width = 2
        self._at_line: Mapping[int, Severity] = {}

    def mark(self, findings: Sequence[Finding]) -> None:
        """Put a sign beside their lines, in place of those before."""
        marks = worst_by_line(findings)
        if marks == self._at_line:
            return
        self._at_line = marks
        self._line_cache.clear()
        self.refresh()

    def get_line(self, line_index: int) -> Text:
        """In colours; with an error in it underlined, where it says something. A control character is a dot: the text
        keeps it, the terminal must not have it."""
        text = super().get_line(line_index)
        text.plain = dotted(text.plain)
        for start, end, name in spans(text.plain, self.kind):
            text.stylize(self.get_component_rich_style(f"editor--{name}", partial=True), start, end)
        if self._at_line.get(line_index) is Severity.ERROR:
            start = len(text.plain) - len(text.plain.lstrip())
            text.stylize("underline", start, len(text.plain.rstrip()))
        return text

    def _render_line(self, y: int) -> Strip:
        strip = super()._render_line(y)
        row = self.scroll_offset.y + y
        severity = self._at_line.get(row)  # nothing is wrapped: rows are lines
        if severity is None or row >= self.document.line_count:
            return strip
        style = self.get_component_rich_style(f"editor--{severity.value}")
        at = self.gutter_width - 2
        return Strip.join([strip.crop(0, at), Strip([Segment(SIGNS[severity], style)]), strip.crop(at + 1)])

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Tab indents here."""
        return key == "tab" or super().check_consume_key(key, character)

    async def _on_key(self, event: Key) -> None:
        if event.key == "tab":
            event.stop()
            event.prevent_default()
            self.insert(" " * self._find_columns_to_next_tab_stop())
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            self._replace_via_keyboard("\n" + self._indent_below(), *self.selection)
        else:
            await super()._on_key(event)

    def _indent_below(self) -> str:
        """What a new line begins with: as the one above, deeper behind what opens something."""
        row, column = self.selection.start
        before = self.document.get_line(row)[:column]
        indent = before[: len(before) - len(before.lstrip())]
        return indent + " " * self.indent_width if before.rstrip().endswith(("{", "[", ":")) else indent

    @property
    def cursor_offset(self) -> int:
        """Characters of `text` before the cursor."""
        row, column = self.cursor_location
        ends = len(self.document.newline)
        return sum(len(line) + ends for line in self.document.lines[:row]) + column

    def place_of(self, offset: int) -> tuple[int, int]:
        """The row and column, from 0, of so many characters of `text`."""
        before = self.text[:offset].split(self.document.newline)
        return len(before) - 1, len(before[-1])

    def do_undo(self) -> None:
        """Take the last change back."""
        self.undo()

    def do_redo(self) -> None:
        """Make it again."""
        self.redo()


def worst_by_line(findings: Sequence[Finding]) -> Mapping[int, Severity]:
    """For each line from 0 the worst that stands there, of those that have a sign."""
    order = (Severity.WARNING, Severity.ERROR)
    worst: dict[int, Severity] = {}
    for finding in findings:
        if finding.line is not None and finding.severity in SIGNS:
            line = finding.line - 1
            worst[line] = max(worst.get(line, Severity.WARNING), finding.severity, key=order.index)
    return worst
