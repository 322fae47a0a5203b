"""What is known of a key of the task file: from the published schema, and for engine settings from the profile."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from autotuner_core.report.format import value
from autotuner_core.task.place import Place, place_text
from autotuner_core.task.schema import SCHEMA_FILE

if TYPE_CHECKING:
    from autotuner_core.engines.profile import ParameterInfo, Profile

SETTINGS = ("parameters", "fixed", "baseline")
"""The keys of a task below which engine settings stand by name."""


@dataclass(frozen=True)
class KeyWords:
    """`name` is the key with its path, `about` a sentence or two, `facts` short lines: type, default, what may stand
    there."""

    name: str
    about: str
    facts: tuple[str, ...] = ()


def words_for(place: Place, profile: Profile | None) -> KeyWords | None:
    """What is known of the key at a place: of the nearest one above it that is known. None for the file as a whole."""
    for end in range(len(place), 0, -1):
        found = _of_setting(place[:end], profile) or _of_schema(place[:end])
        if found is not None:
            return found
    return None


def _of_setting(place: Place, profile: Profile | None) -> KeyWords | None:
    if profile is None or len(place) != 2 or place[0] not in SETTINGS:
        return None
    info = profile.find(str(place[1]))
    if info is None:
        return None
    return KeyWords(place_text(place), info.about, (*setting_facts(info), f"{profile.title} {info.versions}"))


def setting_facts(info: ParameterInfo) -> tuple[str, ...]:
    """Its flag, type, default, and values worth a try."""
    default = value(info.default) if info.default is not None else "the engine decides"
    tried = [f"values to try: {', '.join(value(one) for one in info.values)}"] if info.values else []
    return (f"{info.flag} ({info.type})", f"default: {default}", *tried)


def _of_schema(place: Place) -> KeyWords | None:
    fields: list[Mapping[str, Any]] = [_schema()]
    for step in place:
        fields = [inner for field in fields for inner in _inside(field, step)]
    described = next((field for field in fields if field.get("description")), None)
    if described is None:
        return None
    return KeyWords(place_text(place), str(described["description"]), tuple(_facts(described)))


def _inside(field: Mapping[str, Any], step: str | int) -> Iterator[Mapping[str, Any]]:
    """The schemas of what stands at a key or index of a field."""
    for option in _options(field):
        if isinstance(step, int):
            inner = option.get("items")
        else:
            inner = option.get("properties", {}).get(step) or option.get("additionalProperties")
        if isinstance(inner, dict):
            yield inner


def _options(field: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The field itself and all that it refers to."""
    yield field
    if "$ref" in field:
        yield from _options(_schema()["$defs"][field["$ref"].rpartition("/")[2]])
    for option in (*field.get("anyOf", ()), *field.get("oneOf", ())):
        yield from _options(option)


def _facts(field: Mapping[str, Any]) -> Iterator[str]:
    options = list(_options(field))
    kinds = list(dict.fromkeys(str(option["type"]) for option in options if "type" in option))
    if kinds:
        yield " or ".join(kinds)
    words = [value(word) for option in options for word in option.get("enum", ())]
    if words:
        yield f"one of: {', '.join(words)}"
    if "default" in field and not isinstance(field["default"], dict):
        yield f"default: {json.dumps(field['default'], ensure_ascii=False)}"
    bounds = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most", "exclusiveMaximum": "below"}
    for bound, words_for_it in bounds.items():
        if bound in field:
            yield f"{words_for_it} {value(field[bound])}"
    names = [name for option in options for name in option.get("properties", {})]
    if names:
        yield f"keys: {', '.join(names)}"


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema
