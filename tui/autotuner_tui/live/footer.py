"""The lines below the picture: what is being asked back, what the host has answered, which keys there are."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence

from rich.text import Text

from autotuner_core.run.holders import Holder
from autotuner_tui.live.keys import hint_line
from autotuner_tui.live.situation import Situation

MESSAGE_SECONDS = 8.0
MOST_MESSAGE_LINES = 3


class Footer:
    """Keeps the last message for as long as one needs to read it."""

    def __init__(self) -> None:
        self._message, self._until = "", 0.0

    def say(self, message: str) -> None:
        """Show a message in place of the former one."""
        self._message, self._until = message, time.monotonic() + MESSAGE_SECONDS

    def lines(self, now: Situation, question: Sequence[str], elsewhere: Holder | None, columns: int) -> list[Text]:
        """`elsewhere`: the run's host, where it is not on this machine."""
        columns = max(10, columns)
        if question:  # until it is answered, keys mean something else
            return [Text(line, style="bold") for asked in question for line in textwrap.wrap(asked, columns)]
        shown = []
        if self._message and time.monotonic() < self._until:
            shown = [Text(line) for line in textwrap.wrap(self._message, columns)[:MOST_MESSAGE_LINES]]
        if elsewhere is not None:
            where = f"look only: the run's host is process {elsewhere.pid} on {elsewhere.host}; steer it there"
            shown += [Text(line) for line in textwrap.wrap(where, columns)]
        return [*shown, Text(hint_line(now, columns), style="dim")]
