"""What goes over the line to the terminal. Textual crops a change at its right end only: what stands left of it in the
same widget would be sent along each time. Here exactly the changed cells are."""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate


class ChangedCells(ChopsUpdate):
    """Textual's update of parts of lines, cropped at both ends."""

    @classmethod
    def of(cls, update: ChopsUpdate) -> ChangedCells:
        """The same change."""
        return cls(update.chops, update.spans, update.chop_ends)

    def render_segments(self, console: Console) -> str:
        """The control sequences that make the change."""
        parts: list[str] = []
        for y, start, end in self.spans:
            for piece_end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(x, start), min(piece_end, end)
                if strip is None or left >= right:
                    continue
                parts.append(Control.move_to(left, y).segment.text)
                parts.append(strip.crop(left - x, right - x).simplify().render(console))
        return "".join(parts)
