"""What a launcher in a pod says, read from the pod's log while it is written."""

from __future__ import annotations

import base64
import binascii
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
    not counted. `gap` is set where a piece is missing: nothing is taken from then on, until it is cleared."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size, self.crc = 0, 0
        self.gap = False

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
        with self.path.open("ab") as file:
            file.write(data)
        self.size, self.crc, self.gap = self.size + len(data), zlib.crc32(data, self.crc), False

    def is_whole(self, told: Report) -> bool:
        """Whether size and checksum are those that the launcher told."""
        return not self.gap and (self.size, self.crc) == (told.get("size"), told.get("crc"))


def unpacked(report: Report) -> bytes | None:
    """The bytes of a piece; None where they are not those that were sent."""
    try:
        data = zlib.decompress(base64.b64decode(str(report["data"]), validate=True))
    except (KeyError, binascii.Error, ValueError, zlib.error):
        return None
    return data if zlib.crc32(data) == report.get("crc") else None


@dataclass
class JobFork:
    """The load generators of one level in the pod: what was told of them."""

    number: int
    size: int
    statuses: list[int] = field(default_factory=list)
    whole: Report | None = None

    @property
    def gone(self) -> bool:
        """Whether all have ended, and all that they wrote has been told."""
        return len(self.statuses) >= self.size


class JobReports:
    """Follows the raw log of a pod (`raw`): the launcher's reports are taken, and what genai-bench and others say goes
    to `log`, where people look. `look` reads what is new; for one thread at a time."""

    def __init__(self, raw: Path, log: Path, samples: Path) -> None:
        self._raw, self._log, self._offset = raw, log, 0
        self.pieces = Pieces(samples)
        self.begun: Report | None = None
        self.loaded: Report | None = None
        self.tokenizer: Report | None = None
        self.listening: Report | None = None
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
        if others:
            with self._log.open("a", encoding="utf-8", errors="surrogateescape") as file:
                file.writelines(f"{line}\n" for line in others)

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
        if kind in ("begun", "loaded", "tokenizer", "listening"):
            setattr(self, kind, report)
        elif kind == "piece":
            if report.get("name") == SAMPLES:
                self.pieces.take(report)
        elif fork is not None and kind == "whole":
            fork.whole = report
        elif fork is not None and kind == "exited":
            fork.statuses.append(int(report["status"]))
