"""The streams of one attempt: its samples, folded into the level under way, and what its engine uses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.samples import SampleStream, request_row
from autotuner_tui.headless.level_tail import Tail, after
from autotuner_tui.streams.level_start import last_level_offset
from autotuner_tui.streams.window import Point
from autotuner_tui.streams.windows import Windows

MOST_BYTES = 4 << 20
"""Read in one go: a level that has gone on for hours is taken in over some ticks."""


@dataclass(frozen=True)
class Course:
    """How the last level of an attempt went so far: a point for each window of `seconds`, from its beginning.
    `key` changes with each level, and with a level that was begun again."""

    experiment: int
    attempt: int
    key: tuple[int, float]
    scenario: str
    concurrency: int
    seconds: float
    points: tuple[Point, ...]
    ok: int
    failed: int
    ended: bool

    @property
    def level(self) -> int:
        """The level's number, 0 is the warm-up."""
        return self.key[0]


class AttemptStream:
    """Follows one attempt's samples from its last level on."""

    def __init__(self, experiment: int, attempt: int, folder: Path) -> None:
        self._experiment, self._attempt = experiment, attempt
        self._path = folder / "samples.jsonl"
        self._stream: SampleStream | None = None
        self._head: Mapping[str, Any] = {}
        self._windows: Windows | None = None
        self.tail = Tail()
        self.course: Course | None = None
        """None before the first level."""

    def read(self) -> None:
        """Take what is new. What cannot be read now is read the next time."""
        with contextlib.suppress(OSError):  # a shared folder that is away for a while: the figures stand still
            if self._stream is None:
                self._stream = SampleStream(self._path, last_level_offset(self._path))
            if records := self._stream.poll(MOST_BYTES):
                self._fold(records)

    def _fold(self, records: Iterable[Mapping[str, Any]]) -> None:
        for record in records:
            with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError):  # torn, or of a newer version
                self._add(record)
            self.tail = after(self.tail, [record])
        self.course = self._course()

    def _add(self, record: Mapping[str, Any]) -> None:
        kind = record["kind"]
        if kind == "level":
            numbers = {"level": int(record["level"]), "concurrency": int(record.get("concurrency", 0))}
            self._windows, self._head = Windows(float(record["mono"])), {**record, **numbers}
        elif self._windows is None or record["level"] != self._head["level"]:
            return
        elif kind == "request":
            self._windows.request(request_row(record))
        elif kind == "tick":
            self._windows.tick(record)
        elif kind == "level_end":
            self._windows.end(float(record["mono"]))

    def _course(self) -> Course | None:
        windows, head = self._windows, self._head
        if windows is None:
            return None
        return Course(
            self._experiment,
            self._attempt,
            (head["level"], windows.began),
            str(head.get("scenario", "")),
            head["concurrency"],
            windows.seconds,
            windows.points(),
            self.tail.ok,
            self.tail.failed,
            windows.ended,
        )
