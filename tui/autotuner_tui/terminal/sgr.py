"""Colours and attributes as a terminal takes them (SGR, ECMA-48 8.3.117), and the shortest way from one to another."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Style(NamedTuple):
    """`attributes` such as `1` for bold; colours as SGR parameters (`38;2;R;G;B`), empty for the terminal's own."""

    attributes: tuple[str, ...] = ()
    foreground: str = ""
    background: str = ""


PLAIN = Style()


@lru_cache(4096)
def style_of(parameters: str) -> Style:
    """The style of an SGR sequence that begins with nothing set, as rich writes each of its segments."""
    attributes: list[str] = []
    foreground = background = ""
    words = iter(parameters.split(";"))
    for word in words:
        if word in ("38", "48"):
            kind = next(words, "")
            count = 3 if kind == "2" else 1
            colour = ";".join([word, kind, *(next(words, "") for _ in range(count))])
            foreground, background = (colour, background) if word == "38" else (foreground, colour)
        elif word in ("", "0"):
            attributes, foreground, background = [], "", ""
        elif word.startswith(("3", "9")) and len(word) == 2 and word not in ("39",):
            foreground = word
        elif (word.startswith("4") and len(word) == 2 and word != "49") or word.startswith("10"):
            background = word
        else:
            attributes.append(word)
    return Style(tuple(attributes), foreground, background)


@lru_cache(8192)
def change(old: Style, new: Style) -> str:
    """The sequence that turns the old style into the new one; empty where they are the same."""
    if old == new:
        return ""
    lost = any(attribute not in new.attributes for attribute in old.attributes)
    lost = lost or bool(old.foreground and not new.foreground) or bool(old.background and not new.background)
    kept = PLAIN if lost else old
    words = ["0"] if lost else []
    words += [attribute for attribute in new.attributes if attribute not in kept.attributes]
    words += [new.foreground] if new.foreground != kept.foreground else []
    words += [new.background] if new.background != kept.background else []
    return f"\x1b[{';'.join(words)}m"
