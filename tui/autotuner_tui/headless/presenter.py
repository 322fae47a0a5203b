"""How progress reaches a person on stderr: one line per transition, or a live display on a terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.words import clock

if TYPE_CHECKING:
    from autotuner_tui.headless.picture import Picture

HEARTBEAT_SECONDS = 60.0


class Presenter(Protocol):
    """Shows lines that stay and, where it can, a picture of now."""

    def line(self, ts: float, text: str) -> None:
        """A transition, in words."""

    def tick(self, now: float, picture: Picture) -> None:
        """What is under way; called a few times a second."""

    def close(self) -> None:
        """The end: nothing moving is left on the screen."""


class PlainLines:
    """A timestamped line per transition, and one a minute while nothing changes: some CI systems end what is mute."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._last = 0.0

    def line(self, ts: float, text: str) -> None:
        self._last = max(self._last, ts)
        self._outlet.line(f"{clock(ts)}  {text}")

    def tick(self, now: float, picture: Picture) -> None:
        if self._last and now - self._last >= HEARTBEAT_SECONDS:
            self.line(now, picture.in_a_line())

    def close(self) -> None:
        """Nothing moves here."""


def wants_live_display(outlet: Outlet, environment: Mapping[str, str] = os.environ) -> bool:
    """Only on a terminal that can move its cursor, and not in CI, whose logs keep every repaint."""
    return outlet.is_terminal() and not environment.get("CI") and environment.get("TERM", "dumb") not in ("dumb", "")
