"""What pydantic found, in words for the person who wrote the task file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from autotuner_core.task.model import (
    Benchmark,
    BoolParameter,
    ChoiceParameter,
    Kubernetes,
    Local,
    Model,
    Objective,
    Optimization,
    Part,
    Pvc,
    RangeParameter,
    Task,
    Validity,
)
from autotuner_core.task.nearest import did_you_mean, one_of
from autotuner_core.task.place import Place, quoted, shown
from autotuner_core.task.problem import Problem

_KINDS: Mapping[str, type[Part]] = {"choice": ChoiceParameter, "range": RangeParameter, "bool": BoolParameter}
_PARTS: Mapping[Place, type[Part]] = {
    (): Task,
    ("model",): Model,
    ("optimization",): Optimization,
    ("optimization", "objective"): Objective,
    ("benchmark",): Benchmark,
    ("benchmark", "validity"): Validity,
    ("kubernetes",): Kubernetes,
    ("kubernetes", "pvc"): Pvc,
    ("local",): Local,
}
_WANTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
_OBJECT = ("dict_type", "model_type", "model_attributes_type")
_VARIED = 'what is tried is said like {"type": "choice", "values": [1, 2]}'
_CORES = "each set is a list of core numbers, such as [[0, 1], [2, 3]]"
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def problems_of(error: ValidationError) -> list[Problem]:
    """One problem for each thing that is wrong, at the place where a person wrote it."""
    return [_problem(detail) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails) -> Problem:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    place, part = _meant(detail["loc"])
    if kind == "missing":
        name = str(place[-1])
        return Problem(place, f'"{name}" is missing', _about(part, name), code="missing", at_key=True)
    if kind == "extra_forbidden":
        known = [name for name in part.model_fields if name != "word"] if part else []
        return Problem(place, "unknown key", one_of(str(place[-1]), known), code="unknown_key", at_key=True)
    if kind == "union_tag_not_found":
        return Problem(place, '"type" is missing', 'add "type": "choice", "range" or "bool"', code="missing")
    if kind == "union_tag_invalid":
        return _not_one_of((*place, "type"), context["tag"], list(_KINDS))
    if kind == "literal_error":
        return _not_one_of(place, value, _literals(part, place))
    if kind in _BOUNDS:
        word, key = _BOUNDS[kind]
        return Problem(place, f"must be {word} {quoted(context[key])}, but is {quoted(value)}")
    if kind in ("too_short", "string_too_short"):
        return Problem(place, "must not be empty", _about(part, str(place[-1])) if part else "")
    if kind in _WANTED:
        return Problem(place, f"{_WANTED[kind]} belongs here, not {_found(value)}", _cure(place, kind, value))
    if kind == "refused":
        return Problem(place, str(context["message"]), str(context["cure"]))
    return Problem(place, detail["msg"])


def _meant(location: Place) -> tuple[Place, type[Part] | None]:
    """The place without the names of union branches, and the part that its last key belongs to."""
    if len(location) > 2 and location[0] == "parameters" and location[2] in _KINDS:
        return location[:2] + location[3:], _KINDS[str(location[2])]
    return location, _PARTS.get(location[:-1])


def _not_one_of(place: Place, value: Any, known: list[str]) -> Problem:
    message = f"{quoted(value)} is not one of {', '.join(known)}"
    return Problem(place, message, did_you_mean(value, known) if isinstance(value, str) else "")


def _literals(part: type[Part] | None, place: Place) -> list[str]:
    field: FieldInfo | None = part.model_fields.get(str(place[-1])) if part else None
    arguments = getattr(field.annotation, "__args__", ()) if field else ()
    return [str(argument) for argument in arguments if isinstance(argument, str)]


def _about(part: type[Part] | None, name: str) -> str:
    field = part.model_fields.get(name) if part else None
    return field.description or "" if field else ""


def _found(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, float):
        return f"the number {value!r}"
    if isinstance(value, int):
        return f"the number {quoted(value)}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list) else "an object"


def _cure(place: Place, kind: str, value: Any) -> str:
    if place[:2] == ("local", "cores"):
        return _CORES
    if place[0] == "parameters" and len(place) == 2 and kind in _OBJECT:
        if isinstance(value, list):
            return f'write {{"type": "choice", "values": {shown(value)}}}'
        return f'{_VARIED}; what stays the same belongs to "fixed"'
    return _turned(kind, value)


def _turned(kind: str, value: Any) -> str:
    """What the value would be in the wanted kind, where that is plain."""
    if kind in ("int_type", "float_type") and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return ""
        plain = number.is_integer() or kind == "float_type"
        return f"write {value.strip()} without quotes" if plain else ""
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"write {int(value)}"
    if kind == "string_type" and isinstance(value, (bool, int, float)):
        return f'put it in quotes: "{quoted(value)}"'
    if kind == "list_type" and isinstance(value, (str, int, float)):
        return f"put it in brackets: [{quoted(value)}]"
    if value is None:
        return "leave the key out for its default"
    return ""
