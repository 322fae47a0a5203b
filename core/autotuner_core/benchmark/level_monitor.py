"""Reads the samples of a level while its load generator writes them, for what is to end it when it knows enough."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from autotuner_core.benchmark.base import Level, LevelRun, LevelWatch
from autotuner_core.benchmark.samples import LevelSamples, SampleFold, SampleStream
from autotuner_core.benchmark.so_far import run_until

LOOK_SECONDS = 0.1
"""A wait is woken by all that happens in a run: however often it is, the file is not read more often than this."""


class LevelMonitor:
    """Follows one level from an offset in samples.jsonl on; by itself, from its present end. Without a watch it reads
    only at the level's end."""

    def __init__(self, path: Path, level: Level, watch: LevelWatch | None, since: int | None = None) -> None:
        self._level, self._watch = level, watch
        end = path.stat().st_size if path.exists() else 0
        self._stream = SampleStream(path, end if since is None else since)
        self._fold = SampleFold()
        self._seen = 0
        self._next_look = 0.0
        self.reason: str | None = None
        """Why the watch ended the level, if it did."""

    def knows_enough_now(self) -> bool:
        """True once: when the watch gives the reason for which the level is to end."""
        if self._watch is None or self.reason is not None or time.monotonic() < self._next_look:
            return False
        self._fold.add(self._stream.poll())
        samples = self._fold.levels.get(self._level.index)
        if samples is not None:
            rows = samples.rows[self._seen :]
            self._seen += len(rows)
            self.reason = self._watch.look(rows, partial(self._run_until, samples))
        self._next_look = time.monotonic() + LOOK_SECONDS
        return self.reason is not None

    def _run_until(self, samples: LevelSamples, moment: float) -> LevelRun:
        return run_until(self._level, samples.rows, samples.client, moment)

    def samples(self) -> LevelSamples | None:
        """All that came of the level, its rows in order of their start."""
        self._fold.add(self._stream.poll())
        samples = self._fold.levels.get(self._level.index)
        if samples is not None:
            samples.rows.sort(key=lambda row: row.start or 0.0)
        return samples

    def result(self, *, died: bool, notes: Sequence[str], workers: int) -> LevelRun | None:
        """What came of the level, now that its load generators have gone. `died`: the server has; `notes` say what did
        not go as it should. None where it did not end as a level does, and nothing says why."""
        samples = self.samples()
        if died:
            ended_by = "died"
        elif samples is not None and samples.end:
            ended_by = str(samples.end.get("ended_by", "asked"))
            if ended_by == "asked":
                ended_by = self.reason or ended_by
        elif notes:
            ended_by = self.reason or "time"
        else:
            return None
        samples = samples or LevelSamples(self._level.index)
        told = (*notes, f"shared by {workers} load generators") if workers > 1 else tuple(notes)
        rows, begun, over = tuple(samples.rows), samples.started, samples.ended
        return LevelRun(self._level, rows, begun, over, ended_by, client=samples.client, notes=told, workers=workers)
