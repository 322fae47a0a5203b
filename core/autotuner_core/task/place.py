"""Places in a task: as keys and indexes, as text for people, as line and column of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Place = tuple[str | int, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_LONGEST_SHOWN = 60


def place_text(place: Place) -> str:
    """`("parameters", "tp_size", "values", 1)` as `parameters.tp_size.values[1]`; a key with dots or other signs is
    put in quotes: `optimization.slo["ttft.p95"]`."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f'["{shown(step)}"]'
    return text


def shown(value: Any) -> str:
    """A value as a person may read it in a message: short, on one line, without control characters."""
    text = value if isinstance(value, str) else _json_like(value)
    text = "".join(sign if sign.isprintable() else "?" for sign in text[: _LONGEST_SHOWN + 1])
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def quoted(value: Any) -> str:
    """Like `shown`, with text in quotes."""
    return f'"{shown(value)}"' if isinstance(value, str) else shown(value)


def _json_like(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) >= 10**40:
        return "a number of many digits"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(quoted(item) for item in value[:10]) + (", …]" if len(value) > 10 else "]")
    if isinstance(value, Mapping):
        pairs = [f"{quoted(key)}: {quoted(item)}" for key, item in list(value.items())[:10]]
        return "{" + ", ".join(pairs) + "}"
    return str(value)


@dataclass(frozen=True)
class Mark:
    """Line and column in the file, both from 1."""

    line: int
    column: int


@dataclass
class Marks:
    """Where the keys and values of a file are."""

    keys: dict[Place, Mark] = field(default_factory=dict)
    values: dict[Place, Mark] = field(default_factory=dict)

    def find(self, place: Place, *, key: bool = False) -> Mark | None:
        """The mark of the value at `place` (its key's with `key`); what is not in the file (a missing key) is where
        the object is in which it should be. None without a file."""
        if key and place in self.keys:
            return self.keys[place]
        for end in range(len(place), -1, -1):
            nearest = place[:end]
            if nearest in self.values:
                return self.keys.get(nearest, self.values[nearest]) if end < len(place) else self.values[nearest]
        return None
