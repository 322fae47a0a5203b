"""A line that is typed at the bottom of a widget: no cursor that blinks, so that waiting sends nothing."""

from __future__ import annotations

from textual.events import Key

from autotuner_tui.widgets.lines import Line, Piece, neutral


class TypedLine:
    """`text` so far; `typing` while it takes the keys."""

    def __init__(self, sign: str) -> None:
        self.sign, self.text, self.typing = sign, "", False

    @property
    def there(self) -> bool:
        """Whether it takes a row of its widget."""
        return self.typing or bool(self.text)

    def take(self, event: Key) -> bool:
        """Take a key while it is typed: Enter keeps the text, Esc clears it. Whether the key was one of its own."""
        if event.key == "escape":
            self.text, self.typing = "", False
        elif event.key == "enter":
            self.typing = False
        elif event.key in ("backspace", "ctrl+h"):
            self.text, self.typing = self.text[:-1], bool(self.text)
        elif event.key == "ctrl+u":
            self.text = ""
        elif event.key == "ctrl+w":
            self.text = self.text.rstrip().rpartition(" ")[0]
        elif event.is_printable and event.character:
            self.text += event.character
        else:
            return False
        return True

    def paste(self, text: str) -> None:
        """The first line of what is pasted."""
        self.text += neutral(text.splitlines()[0]) if text else ""

    def line(self, note: str) -> Line:
        """As it is shown: its sign, the text, where one types, and a note behind it."""
        mark = Piece("▏", "accent") if self.typing else Piece(" ")
        how = "  Enter keeps it, Esc clears" if self.typing else "  Esc clears"
        return Piece(f" {self.sign}", "accent"), Piece(self.text, "strong"), mark, Piece(f" {note}{how}", "dim")
