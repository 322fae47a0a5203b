"""What a launcher in a pod says, read from the pod's log while it is written."""

from __future__ import annotations

import base64
import binascii
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autotuner_core.json_value import json_value

MARK = "@autotuner "
"""Stands before each line that is the launcher's."""
SAMPLES = "samples.jsonl"

Report = Mapping[str, Any]


def report_in(line: str) -> Report | None:
    """The launcher's report in a line; None in a line of somebody else, or one that was cut."""
    if not line.startswith(MARK):
        return None
    try:
        report = json_value(line[len(MARK) :])
    except ValueError:
        return None
    return report if isinstance(report, dict) and isinstance(report.get("report"), str) else None


class Pieces:
    """A file that comes in pieces, put together at the end of `path`. What lay there before is another job's and is
    not counted. `gap` is set where a piece is missing: nothing is taken from then on, until it is cleared. With `again`
    the file may have some of it already, from somebody who read the same: pieces are held back until `settle`."""

    def __init__(self, path: Path, *, again: bool = False) -> None:
        self.path = path
        self.size, self.crc = 0, 0
        self.gap = False
        self._held: bytearray | None = bytearray() if again else None

    def take(self, report: Report) -> None:
        """Write the next piece; one that is there already is passed over. Raises OSError."""
        at = int(report["at"])
        if self.gap or at < self.size:
            return
        data = unpacked(report)
        if at > self.size or data is None:
            self.gap = True
            return
        self.append(data)

    def append(self, data: bytes) -> None:
        """What is missing, come by another way: nothing is missing any more. Raises OSError."""
        if self._held is not None:
            self._held += data
        elif self.size:
            with self.path.open("ab") as file:
                file.write(data)
        else:
            append_line(self.path, data)
        self.size, self.crc, self.gap = self.size + len(data), zlib.crc32(data, self.crc), False

    def settle(self) -> None:
        """Write what was held back. Raises OSError."""
        if self._held is not None:
            append_rest(self.path, bytes(self._held))
            self._held = None

    def is_whole(self, told: Report) -> bool:
        """Whether size and checksum are those that the launcher told."""
        return not self.gap and (self.size, self.crc) == (told.get("size"), told.get("crc"))


def append_rest(path: Path, data: bytes) -> None:
    """Append to a file the rest of `data`, the first lines of which may stand at the file's end. Raises OSError."""
    there = path.read_bytes() if path.exists() else b""
    first = data[: data.find(b"\n") + 1]
    at = there.find(first) if first else -1
    while at >= 0 and not data.startswith(there[at:]):
        at = there.find(first, at + 1)
    if at < 0:
        return append_line(path, data)
    with path.open("ab") as file:
        file.write(data[len(there) - at :])
    return None


def append_line(path: Path, data: bytes) -> None:
    """Append to a file what begins with a line; one that was torn at its end is closed. Raises OSError."""
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(data)


def unpacked(report: Report) -> bytes | None:
    """The bytes of a piece; None where they are not those that were sent."""
    try:
        data = zlib.decompress(base64.b64decode(str(report["data"]), validate=True))
    except (KeyError, binascii.Error, ValueError, zlib.error):
        return None
    return data if zlib.crc32(data) == report.get("crc") else None


@dataclass
class JobFork:
    """The load generators of one level in the pod: what was told of them. `level` is the level's, as the launcher was
    given it."""

    number: int
    size: int
    level: Mapping[str, Any] = field(default_factory=dict)
    exits: dict[int, int] = field(default_factory=dict)
    whole: Report | None = None

    @property
    def gone(self) -> bool:
        """Whether all have ended, and all that they wrote has been told."""
        return len(self.exits) >= self.size

    @property
    def status(self) -> int:
        """How the first one ended that did not end well (as waitpid gives it); 0 while there is none."""
        return next((status for status in self.exits.values() if status), 0)

    def exited(self, report: Report) -> None:
        """One of them has ended, or (pid 0) could not be made. The log may tell it twice."""
        self.exits[int(report["pid"]) or -len(self.exits) - 1] = int(report["status"])


class JobReports:
    """Follows the raw log of a pod (`raw`): the launcher's reports are taken, and what genai-bench and others say goes
    to `log`, where people look. `look` reads what is new; for one thread at a time. `again`: somebody else has followed
    it before, of whom `raw`, and what came of it, is left."""

    def __init__(self, raw: Path, log: Path, samples: Path, *, again: bool = False) -> None:
        self._raw, self._log, self._offset = raw, log, 0
        self._again = again
        self.pieces = Pieces(samples, again=again)
        self.begun: Report | None = None
        self.loaded: Report | None = None
        self.tokenizer: Report | None = None
        self.listening: Report | None = None
        self.answers: set[str] = set()
        self._forks: dict[int, JobFork] = {}

    def expect(self, number: int, workers: int) -> JobFork:
        """A level of this number is about to be begun."""
        fork = self._forks[number] = JobFork(number, workers)
        return fork

    def look(self) -> None:
        """Take what has come since the last look. Raises OSError."""
        others: list[str] = []
        for line in self._lines():
            report = report_in(line)
            if report is None:
                others.append(line)
            else:
                self._take(report)
        text = "".join(f"{line}\n" for line in others).encode("utf-8", "surrogateescape")
        if self._again:
            self._again = False
            self.pieces.settle()
            append_rest(self._log, text)
        elif text:
            with self._log.open("ab") as file:
                file.write(text)

    def expect_again(self, fork: JobFork) -> None:
        """What is missing of the rows is about to come once more, and then `whole` of this level."""
        self.pieces.gap, fork.whole = False, None

    @property
    def last(self) -> JobFork | None:
        """The level that was begun last."""
        return self._forks[max(self._forks)] if self._forks else None

    def _lines(self) -> Iterator[str]:
        try:
            with self._raw.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        yield from whole.decode("utf-8", "surrogateescape").splitlines()

    def _take(self, report: Report) -> None:
        kind, fork = report["report"], self._forks.get(report.get("id", -1))
        if kind == "order" and fork is None:
            self._ordered(report)
        elif kind == "answer":
            self.answers.add(str(report["id"]))
        elif kind in ("begun", "loaded", "tokenizer", "listening"):
            setattr(self, kind, report)
        elif kind == "piece":
            if report.get("name") == SAMPLES:
                self.pieces.take(report)
        elif fork is not None and kind == "whole":
            fork.whole = report
        elif fork is not None and kind == "exited":
            fork.exited(report)

    def _ordered(self, report: Report) -> None:
        """Somebody else has begun a level."""
        settings = report["settings"]
        fork = self.expect(int(report["id"]), int(settings.get("workers", 1)))
        fork.level = settings["levels"][0]
