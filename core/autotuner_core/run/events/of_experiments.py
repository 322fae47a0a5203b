"""Events about experiments and their attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from autotuner_core.run.events.base import Event, Json


@dataclass(frozen=True, kw_only=True, slots=True)
class ExperimentQueued(Event):
    """A configuration waits for its turn; queue order is event order, `first` goes before all that wait. `why`: grid,
    search, baseline or by_hand. An experiment that is queued once more is measured once more."""

    type: ClassVar[str] = "ExperimentQueued"
    experiment: int
    parameters: Json
    why: str = "grid"
    first: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped(Event):
    """A queued experiment will not be run."""

    type: ClassVar[str] = "Skipped"
    experiment: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SkipAsked(Event):
    """The attempt under way is to end without a score: whatever becomes of it, and of its host, it is not tried again
    unless somebody asks for that."""

    type: ClassVar[str] = "SkipAsked"
    experiment: int
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptStarted(Event):
    """One try at an experiment begins. `purpose`: measure, baseline, repeat or probe. `gpu_count` is what it needs."""

    type: ClassVar[str] = "AttemptStarted"
    experiment: int
    attempt: int
    purpose: str = "measure"
    gpu_count: float = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptAdopted(Event):
    """A host goes on with an attempt whose last host died: its very server is still up, so finished levels are kept."""

    type: ClassVar[str] = "AttemptAdopted"
    experiment: int
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StageChanged(Event):
    """The attempt is at a stage: deploying, waiting (its GPUs, named in `gpus` where they are known, are held from then
    on), benchmarking, collecting or cleaning_up (`detail`: the cause of one that failed, and in words)."""

    type: ClassVar[str] = "StageChanged"
    experiment: int
    attempt: int
    stage: str
    detail: str = ""
    gpus: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptEnded(Event):
    """The attempt is over. `outcome`: scored, failed (with `cause`), pruned, skipped or interrupted.

    `score` is in the objective's natural unit. `miss` is the sum over SLO limits of the relative excess at the level
    that decides; 0 when feasible. `metrics` are the figures of the deciding level (or their mean over all levels).
    `will_retry` tells that the same experiment is tried again.
    """

    type: ClassVar[str] = "AttemptEnded"
    experiment: int
    attempt: int
    outcome: str
    cause: str | None = None
    message: str = ""
    cure: str = ""
    evidence: tuple[str, ...] = ()
    score: float | None = None
    feasible: bool | None = None
    miss: float | None = None
    metrics: Json | None = None
    deciding_level: int | None = None
    binding_limit: str | None = None
    will_retry: bool = False
