"""Whether a record's fields are of the types that its event says: what is of another type (written by a fault of the
disk, by hand, or by a program that is none of ours) is no event, and is passed over before anybody computes with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from autotuner_core.run.events.base import Event

_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "Json": (dict,),
    "tuple[str, ...]": (list, tuple),
    "None": (type(None),),
}
_KNOWN: dict[type[Event], dict[str, frozenset[type]]] = {}


def wrong_field(kind: type[Event], values: Mapping[str, Any]) -> str | None:
    """The name of the first value that is of another type than the field of that name, or no finite number; None where
    all fit. Raises KeyError for an event type with a field of a type that no event has yet."""
    types = _types_of(kind)
    for name, value in values.items():
        of = type(value)
        if of not in types[name]:
            return name
        if of is float:
            if not math.isfinite(value):
                return name
        elif of in (list, tuple) and not all(isinstance(item, str) for item in value):
            return name
    return None


def _types_of(kind: type[Event]) -> dict[str, frozenset[type]]:
    if kind not in _KNOWN:
        _KNOWN[kind] = {
            field.name: frozenset(one for word in str(field.type).split(" | ") for one in _TYPES[word])
            for field in fields(kind)
        }
    return _KNOWN[kind]
