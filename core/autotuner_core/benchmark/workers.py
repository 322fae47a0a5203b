"""How many load generators share a level, each of them a process with an event loop of its own."""

from __future__ import annotations

import math
import threading

from autotuner_core.benchmark.base import Level, LevelRun
from autotuner_core.scoring.client import others_had_the_core

CLIENTS_PER_WORKER = 256
"""More clients than this have two event loops from the start: that one loop comes to each of them late is then not the
engine's doing. Measured: one process reads about 10,000 tokens a second, 40 for each of so many clients."""


class Workers:
    """Chooses for each level: what the task says (`wish`), or what the clients need and this run has learned.

    `cores` are those that load generators may use, shared by the `parallel` experiments under way. Thread-safe. What
    was learned is for all experiments that follow; a resumed run learns it anew.
    """

    def __init__(self, wish: int | None, cores: int, parallel: int) -> None:
        self._wish, self._limit = wish, max(1, cores // max(1, parallel))
        self._learned: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def of(self, level: Level) -> int:
        """How many for this level: at least 1, at most one for each of its clients."""
        if self._wish is not None:
            return min(self._wish, level.concurrency)
        with self._lock:
            learned = [
                number
                for (scenario, concurrency), number in self._learned.items()
                if scenario == level.scenario and concurrency <= level.concurrency
            ]
        wanted = max(math.ceil(level.concurrency / CLIENTS_PER_WORKER), *learned, 1)
        return min(wanted, self._limit, level.concurrency)

    def more(self, run: LevelRun) -> int | None:
        """After a level in which the load generators were the limit: how many shall measure it again, twice as many
        as they were. None where more are not allowed, or would have no core or no client of their own."""
        if self._wish is not None or (run.client is not None and others_had_the_core(run.client)):
            return None
        level = run.level
        number = max(self.of(level), min(2 * run.workers, self._limit, level.concurrency))
        if number <= run.workers:
            return None
        with self._lock:
            self._learned[level.scenario, level.concurrency] = number
        return number
