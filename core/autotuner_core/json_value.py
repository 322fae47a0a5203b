"""JSON that somebody else has written: a file of a run, an answer of a server."""

from __future__ import annotations

import json
from typing import Any


def json_value(text: str | bytes, *, finite: bool = False) -> Any:
    """The value of a JSON text; with `finite`, NaN and Infinity are none. Raises ValueError for what is no JSON, or is
    nested too deep to be read."""
    try:
        return json.loads(text, parse_constant=_refuse) if finite else json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no number")
