"""What the fold knows of one experiment: its attempts, their stages and levels. Written by `run_state.py` alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autotuner_core.run.events import (
    AttemptEnded,
    ClusterEventSeen,
    HardwareSeen,
    LevelEnded,
    LevelSkipped,
    LevelStarted,
    WorkloadObserved,
)
from autotuner_core.run.lean import Moments

CLUSTER_EVENTS_KEPT = 50


@dataclass(slots=True)
class LevelState:
    """One level of an attempt: under way (only `started`), judged (`ended`) or not run (`skipped`)."""

    level: int
    started: LevelStarted | None = None
    ended: LevelEnded | None = None
    skipped: LevelSkipped | None = None


@dataclass(slots=True)
class AttemptState:
    """One try at an experiment. Times are seconds since the epoch.

    Of an ended one there is only what tells of its result: `workloads`, `cluster_events` (but those of a failure) and a
    level's `started` are of the time when it was under way. The journal has them for good.
    """

    attempt: int
    purpose: str
    started_at: float
    gpu_count: float = 0
    gpus: tuple[str, ...] = ()
    held_since: float | None = None
    stage: str = "queued"
    stage_detail: str = ""
    stages: Moments = field(default_factory=Moments)
    levels: dict[int, LevelState] = field(default_factory=dict)
    workloads: dict[str, WorkloadObserved] = field(default_factory=dict)
    cluster_events: list[ClusterEventSeen] = field(default_factory=list)
    hardware: HardwareSeen | None = None
    skip_asked: bool = False
    ended: AttemptEnded | None = None
    ended_at: float | None = None

    @property
    def outcome(self) -> str | None:
        """scored, failed, pruned, skipped or interrupted; None while it is under way."""
        return self.ended.outcome if self.ended else None

    def seconds(self, now: float) -> float:
        """How long it has taken, up to its end or to `now`."""
        return max(0.0, (self.ended_at or now) - self.started_at)

    def gpu_seconds(self, now: float) -> float:
        """GPUs times how long they were held: from the moment when the server had them, not while it waited."""
        if self.held_since is None:
            return 0.0
        return self.gpu_count * max(0.0, (self.ended_at or now) - self.held_since)

    def end(self, ended: AttemptEnded) -> None:
        """It is over; what nobody needs of an ended one is let go."""
        self.ended, self.ended_at, self.stage = ended, self.ended_at or ended.ts, "ended"
        self.workloads = {}
        if ended.outcome != "failed":
            self.cluster_events = []
        for level in self.levels.values():
            if level.ended is not None:
                level.started = None

    def observe(self, workload: WorkloadObserved) -> None:
        """A process or pod was seen. A pod that waits for a node holds no GPUs yet."""
        self.workloads[workload.name] = workload
        if workload.kind == "pod":
            on_a_node = any(seen.node for seen in self.workloads.values())
            self.held_since = (self.held_since or workload.ts) if on_a_node else None

    def level(self, index: int) -> LevelState:
        """The level of this index, made where it is new."""
        return self.levels.setdefault(index, LevelState(index))


@dataclass(slots=True)
class ExperimentState:
    """One configuration with all its attempts. `status`: queued, running, success, failed, skipped or pruned.

    `turn` orders the queue, the lowest first. `status_before` is what it had come to when it was queued once more.
    """

    id: int
    parameters: Mapping[str, Any]
    why: str
    status: str = "queued"
    skip_reason: str = ""
    attempts: list[AttemptState] = field(default_factory=list)
    turn: int = 0
    status_before: str | None = None
    _attempts_before: int = 0

    @property
    def latest(self) -> AttemptState | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def scored(self) -> AttemptState | None:
        """The last attempt that was scored: the one that counts."""
        for attempt in reversed(self.attempts):
            if attempt.outcome == "scored":
                return attempt
        return None

    @property
    def failed_tries(self) -> int:
        """How many attempts failed, to be tried again, since it was queued. What a dead host left open is none."""
        tries = self.attempts[self._attempts_before :]
        return sum(1 for attempt in tries if attempt.ended is not None and attempt.ended.will_retry)

    def attempt(self, number: int) -> AttemptState | None:
        return next((a for a in reversed(self.attempts) if a.attempt == number), None)

    def queue_again(self, seq: int, *, first: bool) -> None:
        """Put it at the queue's end, or before all others; with its whole number of retries."""
        if self.status not in ("queued", "running"):
            self.status_before = self.status
        self.status, self.turn, self._attempts_before = "queued", -seq if first else seq, len(self.attempts)

    def skip(self, reason: str) -> None:
        """Leave it out. One that had an end before it was queued once more goes back to that."""
        self.status, self.skip_reason = self.status_before or "skipped", reason
