"""Progress on a terminal: transitions scroll by above a bar, a line per experiment under way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from autotuner_core.report.format import duration
from autotuner_tui.cli.visible import beneath, visible
from autotuner_tui.headless.block import Block
from autotuner_tui.headless.outlet import Outlet

if TYPE_CHECKING:
    from autotuner_tui.headless.picture import Picture

BAR_WIDTH = 20
LEAST_ROOM = 40
"""Columns below which nothing is made narrower any more: lines are cut."""


class LiveProgress:
    """Draws on the outlet's terminal, and only when told to: it has no thread of its own. A terminal that is gone ends
    the display, not the run. Honours NO_COLOR (rich does)."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._lines: list[Text] = []
        self._console = Console(file=beneath(outlet.stream), highlight=False, markup=False, emoji=False)
        self._block = Block(self._console)

    def line(self, ts: float, text: str) -> None:
        """Kept for the next tick: however many came at once, the block is drawn once."""
        self._lines.append(Text(f"{time.strftime('%H:%M:%S', time.localtime(ts))}  {visible(text)}"))

    def tick(self, now: float, picture: Picture) -> None:
        room = max(1, self._console.height - 1)
        self._draw(drawing(picture, self._console.width - 1)[:room])

    def close(self) -> None:
        self._draw([])

    def _draw(self, block: Sequence[Text]) -> None:
        lines, self._lines = self._lines, []
        if not self._outlet.lost:
            try:
                self._block.draw(block, above=lines)
            except (OSError, ValueError) as error:
                self._outlet.lose(error)


def drawing(picture: Picture, columns: int) -> list[Text]:
    """How far the run is, then a line per experiment under way."""
    if not picture.total:
        return [Text(f"{_word(picture)}, {duration(picture.elapsed)}")]
    below = [picture.pause] if picture.pause else []
    below += [activity.in_words() for activity in picture.activities]
    return [_head(picture, columns), *(Text(f"  {visible(line)}") for line in below)]


def _word(picture: Picture) -> str:
    if picture.stopping:
        return picture.stopping.upper()
    return "PAUSED" if picture.paused else "run" if picture.total else "preparing"


def _head(picture: Picture, columns: int) -> Text:
    """The bar, the times, the counts; on a narrow terminal without the bar, then without the counts."""
    counts = "  ".join(f"{name} {picture.counts[status]}" for status, name in _COUNTED if picture.counts.get(status))
    left = "" if picture.remaining is None else picture.remaining.in_words()
    known: list[str | Text] = [f"{picture.done}/{picture.total}", duration(picture.elapsed), left]
    word = Text(_word(picture), style="bold yellow" if picture.paused or picture.stopping else "bold")
    choices: list[list[str | Text]] = [[_bar(picture), *known, counts], [*known, counts], known]
    for parts in choices:
        head = Text("  ").join([word, *(part if isinstance(part, Text) else Text(part) for part in parts if part)])
        if head.cell_len <= max(columns, LEAST_ROOM):
            return head
    return head


def _bar(picture: Picture) -> Text:
    full = round(BAR_WIDTH * picture.done / max(1, picture.total))
    return Text.assemble(("━" * full, "green"), ("╌" * (BAR_WIDTH - full), "dim"))


_COUNTED = (
    ("success", "ok"),
    ("failed", "failed"),
    ("skipped", "skipped"),
    ("pruned", "pruned"),
    ("again", "measured again"),
)
