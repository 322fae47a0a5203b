"""What the level under way has measured so far, from the end of its samples.jsonl."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autotuner_core.benchmark.samples import SampleStream, request_row
from autotuner_core.run.folder import RunFolder


@dataclass
class Tail:
    """Requests that ended in one level, counted. Rough and quick: the figures that count are made at its end."""

    level: int = -1
    ok: int = 0
    failed: int = 0
    tokens: int = 0
    began: float = 0.0
    last: float = 0.0

    @property
    def tokens_per_second(self) -> float | None:
        """Output tokens of finished requests over the time up to the last of them; None before the first."""
        seconds = self.last - self.began
        return self.tokens / seconds if self.tokens and seconds > 0 else None

    def add(self, record: Mapping[str, Any]) -> None:
        """Take one finished request. Raises KeyError, TypeError, ValueError where it lacks what it must have."""
        row = request_row(record)
        if row.error is not None:
            self.failed += 1
        elif row.end is not None and row.output_tokens > 0:
            self.ok += 1
            self.tokens += row.output_tokens
            self.last = max(self.last, row.end)


class LevelTails:
    """Follows the streams of the attempts under way; forgets an attempt when its experiment has a newer one."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._streams: dict[int, tuple[int, SampleStream, Tail]] = {}

    def read(self, experiment: int, attempt: int, level: int) -> Tail:
        """What is known of this level now; an empty tail before its first line."""
        known = self._streams.get(experiment)
        if known is None or known[0] != attempt:
            path = self._folder.attempt(experiment, attempt) / "samples.jsonl"
            known = self._streams[experiment] = (attempt, SampleStream(path), Tail())
        _, stream, tail = known
        with contextlib.suppress(OSError):  # a shared folder that is away for a while: the figures stand still
            tail = after(tail, stream.poll())
        self._streams[experiment] = (attempt, stream, tail)
        return tail if tail.level == level else Tail(level)


def after(tail: Tail, records: Iterable[Mapping[str, Any]]) -> Tail:
    """The tail after these records; each level's first line begins a new one."""
    for record in records:
        try:
            if record["kind"] == "level":
                tail = Tail(int(record["level"]), began=float(record["mono"]))
            elif record["kind"] == "request" and record["level"] == tail.level:
                tail.add(record)
        except (KeyError, TypeError, ValueError):
            continue  # a line of a newer version, or a torn one
    return tail
