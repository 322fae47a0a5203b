"""Everything that happens in a run, as frozen events. What a screen shows, what the results file says and where a
resumed run goes on are folds over these (`run_state.py`); the journal (`journal.py`) keeps them in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

JOURNAL_VERSION = 1

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened. The journal stamps `seq` (from 1, without gaps) and `ts` (seconds since the epoch)."""

    type: ClassVar[str] = "Event"
    seq: int = 0
    ts: float = 0.0
    v: int = JOURNAL_VERSION

    def to_record(self) -> dict[str, Any]:
        """The event as one flat JSON object: `v, seq, ts, type`, then its own fields; None is left out."""
        record: dict[str, Any] = {"v": self.v, "seq": self.seq, "ts": self.ts, "type": self.type}
        for name in _own_fields(type(self)):
            value = getattr(self, name)
            if value is not None:
                record[name] = value
        return record


@dataclass(frozen=True, kw_only=True)
class UnknownEvent(Event):
    """An event of a newer version: carried along as it was written, never an error."""

    record: Json = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        return dict(self.record)


# ---- run


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A run began. `task` is the task as it was run, `plan` what it will do (`Plan.to_json`)."""

    type: ClassVar[str] = "RunStarted"
    run_id: str
    task: Json
    plan: Json
    versions: Json = field(default_factory=dict)
    machine: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HostStarted(Event):
    """A process took the run in hand: at its start, and again at every resume. `token` finds what it started."""

    type: ClassVar[str] = "HostStarted"
    pid: int
    host: str
    started: float
    token: str
    resumed: bool = False
    socket: str | None = None


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """Nothing new starts. `reason` says why; `by` is `user`, `budget`, `surroundings` or `access`."""

    type: ClassVar[str] = "Paused"
    reason: str = ""
    by: str = "user"


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    """The pause is over."""

    type: ClassVar[str] = "Resumed"
    by: str = "user"


@dataclass(frozen=True, kw_only=True)
class CommandHandled(Event):
    """A command was taken or refused, in words. The same `command_id` again does nothing."""

    type: ClassVar[str] = "CommandHandled"
    command_id: str
    command: str
    outcome: str
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class RunNote(Event):
    """Something a person should know, in words. `level` is `note` or `warning`, `code` a stable word for scripts."""

    type: ClassVar[str] = "RunNote"
    text: str
    level: str = "note"
    code: str = ""
    experiment: int | None = None


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """The run is over. `reason`: `completed`, `stopped` (by a person or signal), `surroundings`, `access`, `budget`
    or `failed` (the tuner itself); `signal` is set where a signal stopped it."""

    type: ClassVar[str] = "RunEnded"
    reason: str
    message: str = ""
    signal: int | None = None


# ---- experiments


@dataclass(frozen=True, kw_only=True)
class ExperimentQueued(Event):
    """A configuration waits for its turn; queue order is event order. `why`: grid, search, baseline or by_hand."""

    type: ClassVar[str] = "ExperimentQueued"
    experiment: int
    parameters: Json
    why: str = "grid"


@dataclass(frozen=True, kw_only=True)
class Skipped(Event):
    """A queued experiment will not be run."""

    type: ClassVar[str] = "Skipped"
    experiment: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AttemptStarted(Event):
    """One try at an experiment begins. `purpose`: measure, baseline, repeat or probe. `gpus` are those given to it."""

    type: ClassVar[str] = "AttemptStarted"
    experiment: int
    attempt: int
    purpose: str = "measure"
    gpus: tuple[str, ...] = ()
    gpu_count: float = 0


@dataclass(frozen=True, kw_only=True)
class StageChanged(Event):
    """The attempt is at a stage: deploying, waiting, benchmarking, collecting or cleaning_up."""

    type: ClassVar[str] = "StageChanged"
    experiment: int
    attempt: int
    stage: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class AttemptEnded(Event):
    """The attempt is over. `outcome`: scored, failed (with `cause`), pruned, skipped or interrupted.

    `score` is in the objective's natural unit. `miss` is the sum over SLO limits of the relative excess at the level
    that decides; 0 when feasible. `metrics` are the figures of the deciding level (or their mean over all levels).
    `will_retry` tells that the same experiment is tried again. `clean` is False where something was left behind.
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


# ---- outside things


@dataclass(frozen=True, kw_only=True)
class ResourceIntended(Event):
    """Something outside is about to be made; written before it exists. `token` finds it again."""

    type: ClassVar[str] = "ResourceIntended"
    kind: str
    name: str
    token: str
    experiment: int | None = None
    attempt: int | None = None


@dataclass(frozen=True, kw_only=True)
class ResourceCreated(Event):
    """It exists. A process has `pid` and `started` (its start time, seconds since the epoch: pids are reused)."""

    type: ClassVar[str] = "ResourceCreated"
    kind: str
    name: str
    token: str
    pid: int | None = None
    started: float | None = None
    experiment: int | None = None
    attempt: int | None = None


@dataclass(frozen=True, kw_only=True)
class ResourceRemoved(Event):
    """It is gone, seen to be gone."""

    type: ClassVar[str] = "ResourceRemoved"
    kind: str
    name: str
    token: str
    experiment: int | None = None
    attempt: int | None = None


# ---- watched


@dataclass(frozen=True, kw_only=True)
class WorkloadObserved(Event):
    """A process or pod was seen in a phase that differs from the last one seen."""

    type: ClassVar[str] = "WorkloadObserved"
    experiment: int
    attempt: int
    kind: str
    name: str
    phase: str
    restarts: int = 0
    node: str = ""
    reason: str = ""
    pid: int | None = None


@dataclass(frozen=True, kw_only=True)
class ClusterEventSeen(Event):
    """A Kubernetes Event about one of the attempt's objects."""

    type: ClassVar[str] = "ClusterEventSeen"
    experiment: int
    attempt: int
    kind: str
    name: str
    reason: str
    message: str
    severity: str = "Normal"
    count: int = 1


# ---- levels


@dataclass(frozen=True, kw_only=True)
class LevelStarted(Event):
    """Load at one traffic scenario and concurrency begins. `purpose`: measure or warm_up; `level` counts from 1,
    0 is the warm-up."""

    type: ClassVar[str] = "LevelStarted"
    experiment: int
    attempt: int
    level: int
    scenario: str
    concurrency: int
    purpose: str = "measure"
    max_seconds: float = 0.0
    max_requests: int = 0


@dataclass(frozen=True, kw_only=True)
class LevelEnded(Event):
    """The level is over and judged. `verdict` as in scoring.verdict.Verdict, `why` its reason in words, `figures` as
    scoring.figures.LevelFigures.to_json, `ended_by`: requests, time, precision, slo, asked or died, `evidence` lines to
    check the verdict by, `notes` what was lost or odd in the measurement."""

    type: ClassVar[str] = "LevelEnded"
    experiment: int
    attempt: int
    level: int
    scenario: str
    concurrency: int
    verdict: str
    why: str = ""
    ended_by: str = ""
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    purpose: str = "measure"
    figures: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LevelSkipped(Event):
    """A level was not run: a lower one of its scenario was overloaded already, say."""

    type: ClassVar[str] = "LevelSkipped"
    experiment: int
    attempt: int
    level: int
    scenario: str
    concurrency: int
    reason: str


EVENT_TYPES: Mapping[str, type[Event]] = {
    kind.type: kind
    for kind in (
        RunStarted, HostStarted, Paused, Resumed, CommandHandled, RunNote, RunEnded,
        ExperimentQueued, Skipped, AttemptStarted, StageChanged, AttemptEnded,
        ResourceIntended, ResourceCreated, ResourceRemoved, WorkloadObserved, ClusterEventSeen,
        LevelStarted, LevelEnded, LevelSkipped,
    )
}  # fmt: skip


_FIELDS: dict[type[Event], tuple[str, ...]] = {}


def _own_fields(kind: type[Event]) -> tuple[str, ...]:
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(f.name for f in fields(kind) if f.name not in ("seq", "ts", "v"))
    return _FIELDS[kind]


def event_from_record(record: Json) -> Event:
    """The event that a journal record holds. Fields and types of a newer version are carried or passed over.

    Raises ValueError where the record is no event at all (no type, or a field of this version missing).
    """
    kind = EVENT_TYPES.get(record.get("type", ""))
    stamp = {"seq": record.get("seq", 0), "ts": record.get("ts", 0.0), "v": record.get("v", JOURNAL_VERSION)}
    if kind is None:
        if not isinstance(record.get("type"), str):
            raise ValueError("a journal record without a type")
        return UnknownEvent(record=record, **stamp)
    own = {name: record[name] for name in _own_fields(kind) if name in record}
    for name, value in own.items():
        if isinstance(value, list):
            own[name] = tuple(value)
    try:
        return kind(**stamp, **own)
    except TypeError as error:
        raise ValueError(f"a {record['type']} record is incomplete: {error}") from error
