"""Reads the streams that are wanted."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from autotuner_core.run.folder import RunFolder
from autotuner_tui.headless.level_tail import Tail
from autotuner_tui.streams import Attempt, StreamsNow, Wanted
from autotuner_tui.streams.attempt import AttemptStream, Course
from autotuner_tui.streams.usage import Gauges, Usage, last_gauges, last_usage


class LiveStreams:
    """Follows the streams that are wanted, and forgets those that are not any more."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._streams: dict[Attempt, AttemptStream] = {}
        self._usage: dict[Attempt, Usage] = {}

    def read(self, wanted: Wanted) -> StreamsNow:
        """What they say now. A file that cannot be read says what it said before."""
        levels = {(experiment, attempt): level for experiment, attempt, level in wanted.levels}
        attempts = dict.fromkeys((*levels, *((wanted.focus,) if wanted.focus else ())))
        self._streams = {one: self._streams.get(one) or self._stream(*one) for one in attempts}
        for stream in self._streams.values():
            stream.read()
        tails = {one[0]: self._tail(one, level) for one, level in levels.items()}
        course = self._streams[wanted.focus].course if wanted.focus else None
        return StreamsNow(tails, course, self._gauges(course), self._read_usage(wanted.engines))

    def _gauges(self, course: Course | None) -> Gauges | None:
        if course is None or course.ended:
            return None
        path = self._folder.attempt(course.experiment, course.attempt) / "engine_metrics.jsonl"
        with contextlib.suppress(OSError):
            return last_gauges(path, course.level)
        return None

    def _stream(self, experiment: int, attempt: int) -> AttemptStream:
        return AttemptStream(experiment, attempt, self._folder.attempt(experiment, attempt))

    def _tail(self, attempt: Attempt, level: int) -> Tail:
        tail = self._streams[attempt].tail
        return replace(tail) if tail.level == level else Tail(level)  # the fold goes on with its own

    def _read_usage(self, engines: tuple[Attempt, ...]) -> dict[int, Usage]:
        self._usage = {one: self._usage[one] for one in engines if one in self._usage}
        for one in engines:
            with contextlib.suppress(OSError):
                if (usage := last_usage(self._folder.attempt(*one) / "usage.jsonl")) is not None:
                    self._usage[one] = usage
        return {experiment: usage for (experiment, _), usage in self._usage.items()}
