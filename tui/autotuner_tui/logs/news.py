"""What a view of a log asks of the thread that reads it, and what it gets: frozen, both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autotuner_tui.logs.search import Needle


@dataclass(frozen=True)
class Order:
    """What a view wants. `lines`: these numbers, ascending; or, where `tail` is not 0, the last so many."""

    path: Path | None = None
    lines: Sequence[int] = ()
    tail: int = 0
    needle: Needle | None = None
    serial: int = 0
    """Goes up with each order of another path."""


@dataclass(frozen=True)
class LogNews:
    """What there is now. `lines`: those that were asked for, as far as they are there. `found`: lines with the needle,
    those since the news before alone (see `search`)."""

    order: Order
    text: tuple[int, int] = (0, 0)
    """Which text this is: that of another file, or of one begun anew, has another name."""
    count: int = 0
    read: float = 1.0
    """The share of the file that is read, and of that the one that is searched."""
    searched: float = 1.0
    there: bool = False
    trouble: str = ""
    lines: Mapping[int, str] = field(default_factory=dict)
    search: int = 0
    """Goes up when a search begins: `found` goes on from that of the news before where this is the same."""
    found: tuple[int, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the file has been looked at."""
        return self.order.serial > 0
