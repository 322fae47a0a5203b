"""What others compute with inside an event's JSON fields must be of the shape that they take it for: else the event is
none, as one whose field is of another type. What is not said here is carried as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shape = type | tuple[type, ...] | list[Any] | dict[str, Any]
"""A type or several; a list of a shape; an object with shapes for keys that it may have."""

_OBJECT = (dict, type(None))

SHAPES: Mapping[str, Mapping[str, Shape]] = {
    "RunStarted": {
        "task": {
            "task_name": str,
            "description": (str, type(None)),
            "parameters": _OBJECT,
            "fixed": _OBJECT,
            "baseline": _OBJECT,
            "optimization": {"slo": _OBJECT},
            "benchmark": {},
        },
        "plan": {
            "levels": [{"index": int}],
            "baseline": (int, type(None)),
        },
    },
}
"""By the event's type and field."""


def wrong_part(kind: str, values: Mapping[str, Any]) -> str | None:
    """Where the first part of another shape is, as `plan.levels[0].index`; None where all fit."""
    for name, shape in SHAPES.get(kind, {}).items():
        if name in values and (where := _wrong(values[name], shape)) is not None:
            return name + where
    return None


def _wrong(value: object, shape: Shape) -> str | None:
    """Where it is wrong inside this value: empty for the value itself."""
    if isinstance(shape, dict):
        parts = (
            [(f".{key}", value[key], part) for key, part in shape.items() if key in value]
            if type(value) is dict
            else None
        )
    elif isinstance(shape, list):
        parts = [(f"[{at}]", item, shape[0]) for at, item in enumerate(value)] if type(value) is list else None
    else:
        parts = [] if type(value) in (shape if isinstance(shape, tuple) else (shape,)) else None
    if parts is None:
        return ""
    found = ((name, _wrong(item, part)) for name, item, part in parts)
    return next((name + where for name, where in found if where is not None), None)
