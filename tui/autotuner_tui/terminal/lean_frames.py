"""Frames without what stands on the terminal already.

Textual sends whole lines of a widget where a few cells of them have changed, each piece with all of its colours. Over a
slow line that is most of the bytes. Here a frame is read as the cells that it sets, and only those that differ from
what was sent before are passed on. What is no text, colour or move (modes, the clipboard, questions to the terminal)
passes as it is. Of text only what is seen passes: a control character of eight bits, or one that turns the direction of
writing, takes no cell, but would be obeyed.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, get_character_cell_size

from autotuner_tui.terminal.sgr import PLAIN, Style, change, style_of

TOKEN = re.compile(
    r"\x1b\[(\d+);(\d+)H"  # a move
    r"|\x1b\[([\d;]*)m"  # a style
    r"|(\r\n|\n)"
    r"|([^\x00-\x1f]+)"  # text
    r"|(\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\a\x1b]*(?:\a|\x1b\\)|.)|.)",  # anything else
    re.DOTALL,
)
UNSEEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
FORGETS = ("\x1b[?1049h", "\x1b[?1049l", "\x1b[2J", "\x1b[3J")
"""After these nothing is known of what stands on the terminal."""
RESET = "\x1b[0m"
NEAR = 4
"""Cells that are sent again rather than jumped over: a jump takes about as many bytes."""

Cell = tuple[str, Style]


class LeanFrames:
    """Knows what stands on the terminal. `lean` is called with everything that is sent, in its order."""

    def __init__(self) -> None:
        self._cells: dict[int, dict[int, Cell]] = {}
        self._x = self._y = 0
        self._style = PLAIN
        self._out: list[str] = []
        self._at: tuple[int, int] | None = None
        self._out_style = PLAIN
        self._held = ""
        self._forget = False

    def forget(self) -> None:
        """The terminal has another size, or somebody else has written to it: everything is sent again. Thread-safe."""
        self._forget = True

    def lean(self, data: str) -> str:
        """What is to be sent instead of `data`."""
        if self._forget:
            self._forget = False
            self._cells.clear()
            self._at = None
            self._out.append(RESET)  # whoever wrote there may have left a colour set
            self._out_style = PLAIN
        for token in TOKEN.finditer(data):
            self._take(token)
        out, self._out = "".join(self._out), []
        return out

    def _take(self, token: re.Match[str]) -> None:
        row, column, style, newline, text, other = token.groups()
        if text is not None:
            self._text(UNSEEN.sub("", text))
        elif style is not None:
            self._style = style_of(style)
        elif row is not None:
            self._y, self._x = int(row) - 1, int(column) - 1
        elif newline is not None:
            self._y, self._x = self._y + 1, 0
        else:
            self._other(other)

    def _text(self, text: str) -> None:
        cells, style = self._cells.setdefault(self._y, {}), self._style
        if not _all_of_one_cell(text):
            self._opaque(cells, text)
            return
        for x, character in enumerate(text, self._x):
            cell = (character, style)
            if cells.get(x) != cell:
                cells[x] = cell
                self._emit(character, (x, self._y), style, 1)
        self._x += len(text)

    def _opaque(self, cells: dict[int, Cell], text: str) -> None:
        """Wide and joining characters: sent each time, and what they may have touched is not known any more."""
        width = cell_len(text)
        for x in range(self._x - 1, self._x + width + 1):
            cells.pop(x, None)
        self._emit(text, (self._x, self._y), self._style, width)
        self._at = None  # terminals differ in how wide they are
        self._x += width

    def _emit(self, text: str, place: tuple[int, int], style: Style, width: int) -> None:
        if self._at != place:
            self._move(place)
        if self._out_style != style:
            self._out.append(change(self._out_style, style))
            self._out_style = style
        if self._held:
            self._out.insert(0, self._held)
            self._held = ""
        self._out.append(text)
        self._at = (place[0] + width, place[1])

    def _move(self, place: tuple[int, int]) -> None:
        """The cheapest way there."""
        at, (x, y) = self._at, place
        if at is not None and at[1] == y and 0 < x - at[0] <= NEAR and self._again(at[0], x, y):
            return
        forward = at is not None and at[1] == y and x > at[0]
        self._out.append(f"\x1b[{x - at[0]}C" if forward and at is not None else f"\x1b[{y + 1};{x + 1}H")

    def _again(self, start: int, end: int, y: int) -> bool:
        """Send the cells between again, where they are known and of the style that is set."""
        between = [self._cells.get(y, {}).get(x) for x in range(start, end)]
        if all(cell is not None and cell[1] == self._out_style and cell[0].isascii() for cell in between):
            self._out.append("".join(cell[0] for cell in between if cell is not None))
            return True
        return False

    def _to_plain(self) -> None:
        self._out.append(change(self._out_style, PLAIN))
        self._out_style = PLAIN

    def _other(self, sequence: str) -> None:
        if sequence == SYNC_START:
            self._held = sequence
            return
        if sequence == SYNC_END and self._held:
            self._held = ""  # a frame in which nothing has changed
            return
        if sequence in FORGETS:
            self._cells.clear()
            self._to_plain()  # not every terminal takes our colours away with the screen that they were set on
        if sequence != SYNC_END:
            self._at = None
        self._out.append(sequence)


def _all_of_one_cell(text: str) -> bool:
    return text.isascii() or all(get_character_cell_size(character) == 1 for character in text)
