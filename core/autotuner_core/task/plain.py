"""Values as JSON knows them: finite numbers of a usual size, text that a file, a flag and an environment can hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem

MOST_CHARACTERS = 10_000
_LARGEST = 2**63
_ALLOWED_CONTROLS = "\n\t"


def implausible(value: Any, place: Place = ()) -> Iterator[Problem]:
    """Every number and text in `value` that nothing downstream could take."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _text(key, (*place, key), "the key")
            yield from implausible(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from implausible(item, (*place, index))
    elif isinstance(value, str):
        yield from _text(value, place, "the text")
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(place, "NaN, Infinity and endless numbers are no numbers here", "write a finite number")
    elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        yield Problem(place, "the number is too large", "write a number of at most 18 digits")


def _text(text: str, place: Place, what: str) -> Iterator[Problem]:
    if len(text) > MOST_CHARACTERS:
        yield Problem(place, f"{what} has {len(text)} characters; {MOST_CHARACTERS} are allowed")
    bad = next((sign for sign in text if _unusable(sign)), None)
    if bad is not None:
        yield Problem(
            place, f"{what} holds the character U+{ord(bad):04X}, which no file or flag can carry", "remove it"
        )


def _unusable(sign: str) -> bool:
    code = ord(sign)
    return (code < 32 and sign not in _ALLOWED_CONTROLS) or code == 127 or 0xD800 <= code <= 0xDFFF
