"""The place where words leave for a terminal: whatever stands in them (a task's name, an engine's message), it is read
and nothing more. An escape sequence in it could else set the clipboard, the title, or what seems to stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TextIO, cast

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """The text with each control character, and each that turns the direction of writing, as `\\u001b`: inside JSON
    that is the same value, and elsewhere it tells what was there. Line ends and tabs stay."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class VisibleStream:
    """A text stream through which everything is made visible; all else is done by the stream beneath."""

    def __init__(self, beneath: TextIO) -> None:
        self.beneath = beneath

    def write(self, text: str) -> int:
        """Write it; gives how many characters were given."""
        self.beneath.write(visible(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write them all."""
        for text in lines:
            self.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


def made_visible(stream: TextIO | None) -> TextIO | None:
    """A stream for words; once is enough."""
    if stream is None or isinstance(stream, VisibleStream):
        return stream
    return cast(TextIO, VisibleStream(stream))


def beneath(stream: TextIO | None) -> TextIO | None:
    """The stream itself, for what draws on a terminal by escape sequences of its own."""
    return stream.beneath if isinstance(stream, VisibleStream) else stream
