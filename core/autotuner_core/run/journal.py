"""The journal: one append-only JSON-lines file per run, a version on every record, fsync on every append."""

from __future__ import annotations

from typing import Protocol

from autotuner_core.run.events import Event


class Recorder(Protocol):
    """Where events go. The journal is one; a test may keep them in a list."""

    def record(self, event: Event) -> Event:
        """Keep the event for good, then return it with `seq` and `ts` stamped. Thread-safe.

        Raises JournalWriteError where it could not be kept (disk full, folder gone, read-only).
        """
