"""A log file that grows, shrinks, is replaced or is away for a while."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from autotuner_tui.logs.line_index import LineIndex

STEP = 1024 * 1024
"""Bytes that are read at a time, so that other wishes are heard between."""

SEAM = 64
"""Bytes before the end of what is known that are looked at again: other ones there mean another text."""


class LogFile:
    """`generation` goes up each time when it begins anew. `trouble` says in words why it cannot be read now."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.index = LineIndex()
        self.generation = 0
        self.size = 0
        """Bytes that the file has; the index may be behind."""
        self.there = False
        self.trouble = ""
        self._known: tuple[int, int, int, int] | None = None
        self._seam = b""

    @property
    def behind(self) -> bool:
        """Whether there is more to read."""
        return self.index.size < self.size and not self.trouble

    def look(self) -> None:
        """See what the file is now: cheap, reads nothing of one that has not changed."""
        try:
            status = self.path.stat()
            known = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            if known == self._known and not self.trouble:
                return
            if self._is_another(known):
                self._begin_anew()
            self._known, self.size, self.there, self.trouble = known, status.st_size, True, ""
        except FileNotFoundError:
            self.trouble = f"{self.path.name} is gone" if self.there else ""
        except OSError as error:
            self._tell(error)

    def read_on(self) -> None:
        """Take the next piece into the index."""
        try:
            data = self._bytes(self.index.size, min(STEP, self.size - self.index.size))
        except OSError as error:
            self._tell(error)
            return
        self.index.feed(data)
        self._seam = (self._seam + data)[-SEAM:]
        if not data:  # it has shrunk since it was looked at
            self._begin_anew()

    def lines(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """These lines (ascending), as far as they are there."""
        found: dict[int, bytes] = {}
        try:
            with self._open() as file:
                for first, count in runs([n for n in numbers if 0 <= n < self.index.count]):
                    found.update(enumerate(self.index.lines(file, first, count), first))
        except OSError as error:
            self._tell(error)
        return found

    def chunk(self, offset: int, size: int) -> bytes:
        """Bytes from the offset on, as far as the index knows them."""
        try:
            return self._bytes(offset, max(0, min(size, self.index.size - offset)))
        except OSError as error:
            self._tell(error)
            return b""

    def _is_another(self, now: tuple[int, int, int, int]) -> bool:
        if self._known is None:
            return False
        if now[:2] != self._known[:2] or now[2] < self.index.size:
            return True
        return self._bytes(self.index.size - len(self._seam), len(self._seam)) != self._seam

    def _open(self) -> BinaryIO:
        return self.path.open("rb")

    def _bytes(self, offset: int, size: int) -> bytes:
        with self._open() as file:
            file.seek(offset)
            return file.read(size)

    def _begin_anew(self) -> None:
        self.index, self.size, self._seam, self._known = LineIndex(), 0, b"", None
        self.generation += 1

    def _tell(self, error: OSError) -> None:
        if isinstance(error, FileNotFoundError):
            self.trouble = f"{self.path.name} is gone" if self.there else ""
        else:
            self.trouble = f"{self.path.name} cannot be read now ({error.strerror or error}); trying again"


def runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as (first, how many) of those that follow one another."""
    grouped = groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    return [(members[0][1], len(members)) for _, group in grouped if (members := list(group))]
