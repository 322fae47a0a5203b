"""Values as YAML that every reader takes for the same values, whatever is in them.

Texts are quoted as JSON quotes them, which YAML 1.1 and 1.2 read alike; only words that no reader could take for
something else (`simple-tune-exp1`) stand plain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"(?:[A-Za-z$/]|--?[A-Za-z])(?:[A-Za-z0-9_./()$=-]|:(?=[0-9/]))*")
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_PAIR = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")


class Quoted(str):
    """Text that is YAML already: a template may write it as it is."""

    __slots__ = ()


def quoted_value(value: Any) -> Quoted:
    """A value in one line of YAML (JSON's form). Raises ValueError for NaN and infinity, TypeError for an object."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    # JSON writes what is beyond 16 bits as two halves, which YAML would read as two broken characters.
    return Quoted(_PAIR.sub(_joined, text))


def _joined(pair: re.Match[str]) -> str:
    high, low = int(pair[1], 16), int(pair[2], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def document(body: Mapping[str, Any]) -> str:
    """An object as a YAML document in block style, ending with a newline."""
    return "".join(f"{line}\n" for line in _mapping(body))


def _mapping(body: Mapping[str, Any]) -> Iterator[str]:
    for key, value in body.items():
        name = _scalar(key)
        if isinstance(value, Mapping) and value:
            yield f"{name}:"
            yield from (f"  {line}" for line in _mapping(value))
        elif _is_list(value):
            yield f"{name}:"
            yield from _list(value)
        else:
            yield f"{name}: {_scalar(value)}"


def _list(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping) and value:
            lines = list(_mapping(value))
            yield f"- {lines[0]}"
            yield from (f"  {line}" for line in lines[1:])
        else:
            yield f"- {quoted_value(value) if _is_list(value) else _scalar(value)}"


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return quoted_value(value)
