"""Where the lines of a big file begin, without a number for each of them: how many lines end before each block."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

BLOCK = 64 * 1024
"""Bytes. A line is found by reading the block in which it begins; the index costs 8 bytes for each."""

LONGEST_LINE = 16 * 1024
"""Bytes of a line that are kept for showing it."""


class LineIndex:
    """Fed with the file's bytes in their order. `size`: bytes seen so far. Lines are numbered from 0; one without its
    end (the file does not end with a newline) is a line too."""

    def __init__(self) -> None:
        self.size = 0
        self.ended = 0
        """Lines with their newline."""
        self._before = array("Q", [0])
        self._torn = False

    def feed(self, data: bytes) -> None:
        """Take the bytes that follow those seen so far."""
        at = 0
        while at < len(data):
            piece = data[at : at + BLOCK - self.size % BLOCK]
            at += len(piece)
            self.size += len(piece)
            self.ended += piece.count(b"\n")
            if self.size % BLOCK == 0:
                self._before.append(self.ended)
        if data:
            self._torn = not data.endswith(b"\n")

    @property
    def count(self) -> int:
        """How many lines there are, with one that has no end yet."""
        return self.ended + self._torn

    def lines(self, file: BinaryIO, first: int, count: int) -> Iterator[bytes]:
        """Lines of the file from `first` on, without their newline, each cut at LONGEST_LINE. Raises OSError."""
        block = max(0, bisect_left(self._before, first) - 1)
        skipped = first - self._before[block]
        return islice(self._from_block(file, block), skipped, skipped + min(count, self.count - first))

    def _from_block(self, file: BinaryIO, block: int) -> Iterator[bytes]:
        """First the rest of the line that began before the block (all of it in the first one)."""
        file.seek(block * BLOCK)
        left = self.size - block * BLOCK
        line = bytearray()
        while left > 0 and (piece := file.read(min(BLOCK, left))):
            left -= len(piece)
            *whole, rest = piece.split(b"\n")
            for part in whole:
                line += part[: LONGEST_LINE - len(line)]
                yield bytes(line)
                line.clear()
            line += rest[: LONGEST_LINE - len(line)]
        yield bytes(line)
