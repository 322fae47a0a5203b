"""Which requests of a level under way are settled: known to be in its window, whatever comes after them.

A request shows only when it has ended, so the latest stretch of a level under way is always seen in part. It is known
in full up to the last moment at which as many requests as there are clients are seen under way: then no client can be
at a request that does not show yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autotuner_core.scoring.window import Span

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import RequestRow

_FRESH_SHARE = 8
"""The stretch is worked out anew when an eighth more requests have come: then all looks together cost little more than
one, also while a straggler keeps a long list from being settled."""


class Settled:
    """Takes ended requests as they come, and gives them back, in order of their ends, as they settle."""

    def __init__(self, clients: int) -> None:
        self._clients = clients
        self._open: list[RequestRow] = []
        self._fresh = 0
        self.opened: float | None = None
        """When all clients were under way for the first time: the window opens then, not later."""
        self.until: float | None = None

    @property
    def span(self) -> Span | None:
        """The stretch that is known in full."""
        return None if self.opened is None or self.until is None else Span(self.opened, self.until)

    def take(self, rows: Iterable[RequestRow]) -> list[RequestRow]:
        """Take ended requests; those that have settled by it.

        Why they are in the window (window.py) whatever follows: it opens at the first moment with all C clients under
        way, and further rows can only make that moment earlier, never later. It closes at the (R - C + 1)th end of R
        requests. At `until` C requests were under way, each ends then or later; so a request that ended by `until` has
        at least C - 1 other ends that are not before its own, and is among the first R - C + 1.
        """
        fresh = [row for row in rows if row.start is not None and row.end is not None and row.end > row.start]
        self._open += fresh
        self._fresh += len(fresh)
        if self._fresh * _FRESH_SHARE < len(self._open) or not self._fresh:
            return []
        self._fresh = 0
        return self._settle() if self._sweep() else []

    def _sweep(self) -> bool:
        """Look for moments with all clients under way; whether a new one was found."""
        changes = [(row.start or 0.0, +1) for row in self._open] + [(row.end or 0.0, -1) for row in self._open]
        under_way, full, before = 0, False, self.until
        for moment, change in sorted(changes):
            if full and (self.until is None or moment > self.until):
                self.until = moment
            under_way += change
            full = under_way >= self._clients
            if full and self.opened is None:
                self.opened = moment
        return self.until != before

    def _settle(self) -> list[RequestRow]:
        opened, until = self.opened, self.until
        assert opened is not None and until is not None
        gone = [row for row in self._open if row.end is not None and row.end <= until]
        self._open = [row for row in self._open if row.end is not None and row.end > until]
        return sorted((row for row in gone if (row.end or 0.0) > opened), key=lambda row: row.end or 0.0)
