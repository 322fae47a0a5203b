"""The journal: one append-only JSON-lines file per run, a version on every record, fsync on every append.

A torn last line (the host was killed while it wrote) is tolerated by readers and taken away by the next writer: it was
never acknowledged. Readers need no lock and may be on another host.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from autotuner_core.json_value import json_value
from autotuner_core.run.clocks import NeverBack
from autotuner_core.run.events import Event, event_from_record


class JournalWriteError(Exception):
    """An event could not be kept (disk full, folder removed, read-only). What was recorded before is intact."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"cannot write {path}: {error.strerror or error}")
        self.path = path
        self.error = error


class Recorder(Protocol):
    """Where events go. The journal is one; a test may keep them in a list."""

    def record(self, event: Event) -> Event:
        """Keep the event for good, then return it with `seq` and `ts` stamped. Thread-safe.

        Raises JournalWriteError where it could not be kept (disk full, folder gone, read-only).
        """


class Journal:
    """The one writer of a run's journal. Opening it takes a torn last line away and goes on counting behind the last
    record. `guard` is asked before every write, and raises OSError where the run is another's now. Raises
    JournalWriteError where it cannot be opened."""

    def __init__(self, path: Path, guard: Callable[[], None] = lambda: None) -> None:
        self.path = path
        self._guard = guard
        self._lock = threading.Lock()
        self._torn: OSError | None = None
        self.seq = 0
        self._clock = NeverBack()
        try:
            for event in read_journal(path):
                self.seq = max(self.seq, event.seq)
                self._clock.keep(event.ts)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            os.ftruncate(self._file, _end_of_whole_lines(path))
        except OSError as error:
            raise JournalWriteError(path, error) from error

    def record(self, event: Event) -> Event:
        """Append one event and fsync it. See Recorder."""
        with self._lock:
            stamped = replace(event, seq=self.seq + 1, ts=round(self._clock.now(), 6))
            line = json.dumps(stamped.to_record(), separators=(",", ":"), allow_nan=False, default=str) + "\n"
            self._append(line.encode())
            self.seq = stamped.seq
            self._clock.keep(stamped.ts)
            return stamped

    def close(self) -> None:
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _append(self, line: bytes) -> None:
        before = -1
        if self._torn is not None:
            raise JournalWriteError(self.path, self._torn)
        try:
            self._guard()
            status = os.fstat(self._file)
            before = status.st_size
            if status.st_nlink == 0:
                raise FileNotFoundError(2, "the file was removed while the run went on")
            left = line
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError as error:
            self._take_back(before)
            raise JournalWriteError(self.path, error) from error

    def _take_back(self, size: int) -> None:
        """After a failed write: half a line must not stand before the next one."""
        if size >= 0:
            try:
                os.ftruncate(self._file, size)
            except OSError as error:
                self._torn = error  # the half line stays the last one, which readers tolerate


def _end_of_whole_lines(path: Path) -> int:
    """The size of the file without a torn last line."""
    data = path.read_bytes()
    return data.rfind(b"\n") + 1


class JournalFollower:
    """Reads a growing journal piece by piece. `damaged` counts whole lines that are no events: they are passed over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        self._offset = 0

    def poll(self) -> list[Event]:
        """The events that came since the last call; a torn last line waits for its rest. A missing file has none."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [event for line in whole.splitlines() if (event := self._event(line)) is not None]

    def _event(self, line: bytes) -> Event | None:
        try:
            record = json_value(line)
            if isinstance(record, dict):
                return event_from_record(record)
        except ValueError:
            pass  # counted below, with what is JSON but no event
        self.damaged += 1
        return None


def read_journal(path: Path) -> list[Event]:
    """All events of a journal; none where there is no file."""
    return JournalFollower(path).poll()
