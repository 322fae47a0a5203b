"""How far a container's log has been read, so that it can be asked for again without a gap and without repeats."""

from __future__ import annotations

import collections
import re
from datetime import datetime, timedelta
from pathlib import Path

MARK = b"--- the container was started again (restart %d) ---\n"
_MARKED = re.compile(rb"--- the container was started again \(restart (\d+)\) ---\n")
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z (.*)", re.DOTALL)

OVERLAP = timedelta(seconds=1)
"""Of two readings. Standard output and standard error are written down by two threads: their lines come out of order
by some microseconds, also over the turn of a second."""


class Position:
    """The API can be asked for a log from a whole second on, so the lines of the last seconds come once more."""

    def __init__(self) -> None:
        self._since = b""
        self._last = b""
        self._seconds: dict[bytes, collections.Counter[int]] = {}
        self._repeated: collections.Counter[tuple[bytes, int]] = collections.Counter()

    @property
    def since(self) -> str | None:
        """From when on to ask; None while nothing has been read."""
        return f"{self._since.decode()}Z" if self._since else None

    def ask_again(self) -> None:
        """What follows is asked from `since` on."""
        self._repeated = collections.Counter(
            {(second, mark): count for second, lines in self._seconds.items() for mark, count in lines.items()}
        )

    def take(self, line: bytes) -> bytes | None:
        """The line as the engine wrote it, or None for one that was there before, or is none of the engine's."""
        found = _TIME.fullmatch(line)
        if found is None:  # a message of the kubelet in place of the log
            return None
        second, mark = found[1], hash((found[2], found[3]))
        if self._repeated[second, mark] > 0:
            self._repeated[second, mark] -= 1
            return None
        if second > self._last:
            self._go_on_to(second)
        if second >= self._since:
            self._seconds.setdefault(second, collections.Counter())[mark] += 1
        return found[3]

    def _go_on_to(self, second: bytes) -> None:
        self._last = second
        self._since = (datetime.fromisoformat(second.decode()) - OVERLAP).isoformat().encode()
        self._seconds = {known: lines for known, lines in self._seconds.items() if known >= self._since}


class Written:
    """What a follower before this one, whose host died, has written: how often the container had been `restarts`ed, and
    the lines since then."""

    def __init__(self, file: Path | None = None) -> None:
        text = file.read_bytes() if file is not None and file.is_file() else b""
        marks = list(_MARKED.finditer(text))
        self.restarts = int(marks[-1][1]) if marks else 0
        self._lines = iter(text[marks[-1].end() if marks else 0 :].splitlines(keepends=True))

    def has(self, line: bytes) -> bool:
        """Whether `line`, the next one of the container's log from its beginning, is there already."""
        if next(self._lines, None) == line + b"\n":
            return True
        self._lines = iter(())
        return False
