"""Events out of journal records."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from autotuner_core.run.events.base import JOURNAL_VERSION, Event, Json, UnknownEvent, own_fields
from autotuner_core.run.events.field_types import wrong_field
from autotuner_core.run.events.of_experiments import (
    AttemptAdopted,
    AttemptEnded,
    AttemptStarted,
    ExperimentQueued,
    SkipAsked,
    Skipped,
    StageChanged,
)
from autotuner_core.run.events.of_levels import LevelEnded, LevelSkipped, LevelStarted
from autotuner_core.run.events.of_resources import ResourceCreated, ResourceIntended, ResourceRemoved
from autotuner_core.run.events.of_run import (
    CommandHandled,
    HostStarted,
    Paused,
    Resumed,
    RunEnded,
    RunNote,
    RunStarted,
    StopAsked,
    ToolsFound,
)
from autotuner_core.run.events.of_workloads import ClusterEventSeen, HardwareSeen, WorkloadObserved
from autotuner_core.run.events.shapes import wrong_part

LAST_MOMENT = 253402300799.0
"""Seconds since the epoch at the end of the year 9999: no clock is shown beyond."""
LONGEST_WORD = 200
"""Characters. Words that come again and again (stages, verdicts, remarks) are kept once, however long the run is."""
NEVER_AGAIN = frozenset({"name", "message", "text", "command_id"})
"""Fields whose words are hardly ever those of another event: Python's table of words would only grow by them."""

EVENT_TYPES: Mapping[str, type[Event]] = {
    kind.type: kind
    for kind in (
        RunStarted, HostStarted, ToolsFound, Paused, Resumed, StopAsked, CommandHandled, RunNote, RunEnded,
        ExperimentQueued, SkipAsked, Skipped, AttemptStarted, AttemptAdopted, StageChanged, AttemptEnded,
        ResourceIntended, ResourceCreated, ResourceRemoved, WorkloadObserved, HardwareSeen, ClusterEventSeen,
        LevelStarted, LevelEnded, LevelSkipped,
    )
}  # fmt: skip


def event_from_record(record: Json) -> Event:
    """The event that a journal record holds. Fields and types of a newer version are carried or passed over.

    Raises ValueError where the record is no event at all (no type, or a field of this version missing or of another
    type or shape).
    """
    name_of_kind = record.get("type")
    if not isinstance(name_of_kind, str):
        raise ValueError("a journal record without a type")
    kind = EVENT_TYPES.get(name_of_kind)
    stamp = {"seq": record.get("seq", 0), "ts": record.get("ts", 0.0), "v": record.get("v", JOURNAL_VERSION)}
    own = {name: record[name] for name in own_fields(kind) if name in record} if kind is not None else {}
    if wrong := wrong_field(UnknownEvent, stamp) or wrong_field(kind or UnknownEvent, own):
        raise ValueError(f"the field {wrong} of a {name_of_kind} record is of another type")
    if wrong := wrong_part(name_of_kind, own):
        raise ValueError(f"{wrong} of a {name_of_kind} record is of another shape")
    if not 0 <= stamp["ts"] <= LAST_MOMENT:
        raise ValueError(f"a {name_of_kind} record of no time that a clock shows")
    if kind is None:
        return UnknownEvent(record=record, **stamp)
    for name, value in own.items():
        if isinstance(value, list):
            own[name] = tuple(map(_kept_once, value))
        elif name not in NEVER_AGAIN:
            own[name] = _kept_once(value)
    try:
        return kind(**stamp, **own)
    except TypeError as error:
        raise ValueError(f"a {record['type']} record is incomplete: {error}") from error


def _kept_once(value: object) -> object:
    return sys.intern(value) if isinstance(value, str) and len(value) <= LONGEST_WORD else value
