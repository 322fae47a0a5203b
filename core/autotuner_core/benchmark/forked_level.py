"""One level, run by a fork of the warm process and followed to its end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.base import Level, LevelRun, LevelWatch
from autotuner_core.benchmark.level_monitor import LevelMonitor
from autotuner_core.benchmark.log_tail import log_tail
from autotuner_core.benchmark.warm import Fork, WarmProcess
from autotuner_core.control import Scope
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved
from autotuner_core.run.journal import Recorder
from autotuner_core.run.processes import same_process
from autotuner_core.run.room import lack_of_room

FORK_SECONDS = 30.0
"""A fork takes hundredths of a second; a machine that swaps may take its time."""

SLACK_SECONDS = 30.0
"""Beyond its own limit a level gets this long to save its data, then it is killed."""

SAVE_SECONDS = 2.0
"""What a level has to save its data when the server is dead."""

POLL_SECONDS = 0.1
SECONDS_BETWEEN_LOOKS, SILENT_LOOKS = 1.0, 5
"""So often in a row a level must be seen to have ended without a word of the warm process, which takes hundredths of a
second to tell."""
EXIT_IO_ERROR = 74
"""The launcher's exit code where it could not write its samples."""


class WarmProcessDied(Exception):
    """The warm process is gone, or does nothing any more, and the level with it."""


@dataclass(frozen=True)
class LevelOrder:
    """A level to run: what genai-bench is called with, and whose it is."""

    level: Level
    arguments: Sequence[str]
    settings: Mapping[str, Any]
    folder: Path
    token: str
    experiment: int | None = None
    attempt: int | None = None

    @property
    def samples(self) -> Path:
        return self.folder / "samples.jsonl"

    @property
    def log(self) -> Path:
        return self.folder / "benchmark.log"

    @property
    def workers(self) -> int:
        """How many load generators share the level, each a process."""
        return int(self.settings.get("workers", 1))

    @property
    def resources(self) -> list[dict[str, Any]]:
        """What all events about the process of a load generator share, for each of them."""
        name = f"genai-bench exp{self.experiment} attempt{self.attempt} level{self.level.index}"
        names = [name, *(f"{name} worker{number}" for number in range(2, self.workers + 1))]
        owner = {"experiment": self.experiment, "attempt": self.attempt}
        return [{"kind": "process", "name": name, "token": self.token, **owner} for name in names]


class ForkedLevel:
    """Runs one level. `server_failure` and `watch` are asked all the while; see Benchmark.run_level."""

    def __init__(
        self,
        warm: WarmProcess,
        order: LevelOrder,
        recorder: Recorder,
        scope: Scope,
        server_failure: Callable[[], ExperimentFailure | None],
        watch: LevelWatch | None = None,
    ) -> None:
        self._warm, self._order, self._recorder = warm, order, recorder
        self._scope, self._server_failure = scope, server_failure
        self._monitor = LevelMonitor(order.samples, order.level, watch)
        self._failure: ExperimentFailure | None = None
        self._notes: list[str] = []
        self._asked_at = math.inf
        self._silent_looks, self._next_look = 0, 0.0

    def run(self) -> LevelRun:
        """Raises WarmProcessDied, ExperimentFailure and Interrupted; the load has ended then."""
        for resource in self._order.resources:
            self._recorder.record(ResourceIntended(**resource))
        fork = self._warm.fork(self._order.arguments, self._order.settings)
        try:
            self._follow(fork)
        finally:
            if fork.gone.is_set() or self._warm.kill(fork):
                for resource in self._order.resources:
                    self._recorder.record(ResourceRemoved(**resource))
        return self._result(fork)

    def _follow(self, fork: Fork) -> None:
        if not self._scope.wait_until(lambda: self._gone(fork) or fork.known, FORK_SECONDS, POLL_SECONDS):
            self._warm.give_up()
        for resource, (pid, started, _) in zip(self._order.resources, list(fork.processes), strict=False):
            self._recorder.record(ResourceCreated(**resource, pid=pid, started=started))
        seconds = self._order.level.max_seconds + SLACK_SECONDS
        begun = time.monotonic()
        self._scope.wait_until(lambda: self._is_over(fork), seconds, POLL_SECONDS)
        if self._failure is None and not self._gone(fork):
            took = time.monotonic() - begun
            self._notes.append(f"the load generator did not end by itself and was killed after {took:.3g} s")
        if self._failure is not None and not self._gone(fork):
            self._warm.end(fork)
            fork.gone.wait(SAVE_SECONDS)
        if self._warm.dead and not fork.gone.is_set():
            raise WarmProcessDied

    def _gone(self, fork: Fork) -> bool:
        return fork.gone.is_set() or self._warm.dead

    def _is_over(self, fork: Fork) -> bool:
        """Also asks the level to end, the moment its watch knows enough: it then saves its data and ends by itself."""
        if self._gone(fork) or self._server_died() or self._silent(fork):
            return True
        if self._monitor.knows_enough_now():
            self._warm.end(fork)
            self._asked_at = time.monotonic()
        return time.monotonic() > self._asked_at + SLACK_SECONDS

    def _silent(self, fork: Fork) -> bool:
        """Whether the level's processes have ended and the warm process, which sees that first, says nothing of it: it
        is stopped, say. Looks are counted and not seconds, since this process may have been stopped too."""
        if (now := time.monotonic()) < self._next_look or not fork.known:
            return False
        self._next_look = now + SECONDS_BETWEEN_LOOKS
        ended = not any(same_process(*process) for process in list(fork.processes))
        self._silent_looks = self._silent_looks + 1 if ended else 0
        if self._silent_looks < SILENT_LOOKS:
            return False
        self._warm.give_up()
        return True

    def _server_died(self) -> bool:
        if self._failure is None:
            self._failure = self._server_failure()
        return self._failure is not None

    def _result(self, fork: Fork) -> LevelRun:
        died, workers = self._failure is not None, self._order.workers
        run = self._monitor.result(died=died, notes=self._notes, workers=workers)
        if run is None:
            raise self._broken(fork)
        return run

    def _broken(self, fork: Fork) -> ExperimentFailure:
        evidence, code = log_tail(self._order.log), fork.exit_code
        if code == EXIT_IO_ERROR or lack_of_room(self._order.folder) is not None:
            return ExperimentFailure(
                FailureCause.STORAGE_FULL,
                f"the load generator could not write {self._order.samples}",
                evidence=evidence,
                cure="Make room there, or choose another place with --results-dir.",
            )
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"left with exit code {code}"
        cure = f"Its output is in {self._order.log}."
        if code == -9:
            cure += " Signal 9 that nobody sent is most often the kernel's, out of memory: look at dmesg."
        message = f"the load generator {how} before the level had ended"
        return ExperimentFailure(FailureCause.BENCHMARK_FAILED, message, evidence=evidence, cure=cure)
