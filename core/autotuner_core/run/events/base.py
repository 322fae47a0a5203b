"""What all events share: their stamp, and their form as one flat JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

JOURNAL_VERSION = 1

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened. The journal stamps `seq` (from 1, without gaps) and `ts` (seconds since the epoch)."""

    type: ClassVar[str] = "Event"
    seq: int = 0
    ts: float = 0.0
    v: int = JOURNAL_VERSION

    def to_record(self) -> dict[str, Any]:
        """The event as one flat JSON object: `v, seq, ts, type`, then its own fields; None is left out."""
        record: dict[str, Any] = {"v": self.v, "seq": self.seq, "ts": self.ts, "type": self.type}
        for name in own_fields(type(self)):
            value = getattr(self, name)
            if value is not None:
                record[name] = value
        return record


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownEvent(Event):
    """An event of a newer version: carried along as it was written, never an error."""

    record: Json = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        return dict(self.record)


_FIELDS: dict[type[Event], tuple[str, ...]] = {}


def own_fields(kind: type[Event]) -> tuple[str, ...]:
    """The names of an event type's fields beside the stamp."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(f.name for f in fields(kind) if f.name not in ("seq", "ts", "v"))
    return _FIELDS[kind]
