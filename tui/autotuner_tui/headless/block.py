"""A few lines at the bottom of a terminal that are drawn anew in place; what is to stay scrolls by above them.

The cursor rests on the line below and is never hidden: a program that is killed leaves a usable terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text


class Block:
    """Draws on the console's file, one write at a time, and only what changed. Raises OSError and ValueError where the
    terminal is gone."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: tuple[str, ...] = ()
        self._drawn = ""

    def draw(self, lines: Sequence[Text], above: Sequence[Text] = ()) -> None:
        """Show these lines in place of the former ones, cut at the right edge; `above` them others that stay."""
        lines = [self._cut(line) for line in lines[: max(1, self._console.height - 1)]]
        drawn, stays = self._rendered(lines), self._wrapped(above)
        if stays or drawn != self._drawn or self._rows() != len(self._shown):
            self._write(self._erasing() + stays + drawn)
            self._shown, self._drawn = tuple(line.plain for line in lines), drawn

    def clear(self) -> None:
        """Take the block away."""
        self.draw(())

    def _rendered(self, lines: Sequence[Text]) -> str:
        with self._console.capture() as captured:
            for line in lines:
                self._console.print(line, soft_wrap=True)
        return captured.get()

    def _wrapped(self, lines: Sequence[Text]) -> str:
        with self._console.capture() as captured:
            for line in lines:
                self._console.print(line)
        return captured.get()

    def _cut(self, line: Text) -> Text:
        cut = line.copy()
        cut.truncate(max(1, self._console.width - 1), overflow="ellipsis")
        return cut

    def _rows(self) -> int:
        """Rows that the block takes now: a terminal that was made narrower has wrapped its lines."""
        width = max(1, self._console.width)
        return sum(max(1, -(-cell_len(line) // width)) for line in self._shown)

    def _erasing(self) -> str:
        rows = self._rows()
        return f"\x1b[{rows}A\r\x1b[J" if rows else ""

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()
