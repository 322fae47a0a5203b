"""What an attempt's folder tells: how its server was started, how long its requests took. Read by a thread."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.samples import SampleStream, request_row
from autotuner_core.json_value import json_value
from autotuner_core.scoring import request

MOST_BYTES = 8 << 20
LONGEST_TEXT = 1 << 20
COMMAND_FILE, MANIFEST_FILE, LOAD_FILE = "command.json", "manifest.yaml", "benchmark_job.yaml"
METRICS = ("ttft", "e2e_latency")


@dataclass(frozen=True)
class Sent:
    """`name` of the file, empty while there is none; its text; the command line and environment where it has one."""

    name: str = ""
    text: str = ""
    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    """The latencies of a level's answered requests in seconds, by metric, ascending."""

    level: int
    values: Mapping[str, array[float]]
    failed: int


class AttemptFiles:
    """Owned by whichever thread reads it; what it gives is not changed any more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stream: SampleStream | None = None
        self._values: dict[int, dict[str, array[float]]] = {}
        self._failed: dict[int, int] = {}
        self.sent = Sent()

    def read(self) -> tuple[Sent, tuple[Spread, ...]]:
        """All there is until now. A file that is not there counts as empty."""
        if not self.sent.name:
            self.sent = sent_of(self._folder)
        with contextlib.suppress(OSError):  # none yet, or a shared folder that is away: the next look finds it
            if self._stream is None:
                self._stream = SampleStream(self._folder / "samples.jsonl")
            while records := self._stream.poll(MOST_BYTES):
                self._fold(records)
        levels = sorted(set(self._values) | set(self._failed))
        return self.sent, tuple(self._spread(level) for level in levels if level > 0)

    def _spread(self, level: int) -> Spread:
        values = {name: array("d", sorted(kept)) for name, kept in self._values.get(level, {}).items()}
        return Spread(level, values, self._failed.get(level, 0))

    def _fold(self, records: Iterable[Mapping[str, Any]]) -> None:
        for record in records:
            with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError):  # torn, or of a newer version
                self._add(record)

    def _add(self, record: Mapping[str, Any]) -> None:
        if record["kind"] == "level":  # one that was begun again begins anew
            level = int(record["level"])
            self._values[level], self._failed[level] = {}, 0
        if record["kind"] != "request":
            return
        level, row = int(record["level"]), request_row(record)
        if request.failed(row):
            self._failed[level] = self._failed.get(level, 0) + 1
        elif request.answered(row):
            took = request.latencies(row)
            for name in METRICS:
                if (value := getattr(took, name)) is not None:
                    self._values.setdefault(level, {}).setdefault(name, array("d")).append(value)


def sent_of(folder: Path) -> Sent:
    """How the server was started, as it was written then, without secrets."""
    for name in (MANIFEST_FILE, COMMAND_FILE):
        try:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")[:LONGEST_TEXT]
        except OSError:
            continue
        return _command(text) if name == COMMAND_FILE else Sent(name, text + _load_of(folder))
    return Sent()


def _load_of(folder: Path) -> str:
    """The BenchmarkJob, as a further document, where the load came from inside the cluster."""
    try:
        return f"---\n{(folder / LOAD_FILE).read_text(encoding='utf-8', errors='replace')[:LONGEST_TEXT]}"
    except OSError:
        return ""


def _command(text: str) -> Sent:
    with contextlib.suppress(ValueError, TypeError, AttributeError):  # half written: shown as it is
        read = json_value(text)
        return Sent(COMMAND_FILE, text, tuple(map(str, read.get("argv") or ())), dict(read.get("env_added") or {}))
    return Sent("", text)
