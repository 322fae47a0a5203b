"""The JSON Schema of one event, from the event classes themselves: what a line of `--json` output may be."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, Field, fields
from typing import Any

from autotuner_core.run.events import EVENT_TYPES, JOURNAL_VERSION, Event

_STAMP = {
    "v": {"type": "integer", "description": f"version of the record, now {JOURNAL_VERSION}"},
    "seq": {"type": "integer", "minimum": 1, "description": "place in the journal, without gaps"},
    "ts": {"type": "number", "description": "seconds since the epoch"},
}

_JSON_TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "Json": {"type": "object"},
    "tuple[str, ...]": {"type": "array", "items": {"type": "string"}},
}


def event_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a line. Types that it does not name come from a newer version: pass them over."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "autotuner-tui event",
        "description": "One line of `autotuner-tui run --json`, and of a run's journal.jsonl. Absent fields are null.",
        "oneOf": [_schema_of(kind) for kind in EVENT_TYPES.values()],
    }


def _schema_of(kind: type[Event]) -> dict[str, Any]:
    own = [field for field in fields(kind) if field.name not in _STAMP]
    required = [field.name for field in own if field.default is MISSING and field.default_factory is MISSING]
    return {
        "title": kind.type,
        "description": " ".join((inspect.getdoc(kind) or "").split()),
        "type": "object",
        "properties": {**_STAMP, "type": {"const": kind.type}, **{field.name: _type_of(field) for field in own}},
        "required": [*_STAMP, "type", *required],
    }


def _type_of(field: Field[Any]) -> dict[str, Any]:
    word = str(field.type).removesuffix(" | None")
    return dict(_JSON_TYPES[word])
