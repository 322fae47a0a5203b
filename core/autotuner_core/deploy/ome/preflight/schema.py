"""Which fields of an object the schema of its kind does not have: the API server would drop or refuse them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MOST = 5
_ALWAYS = ("apiVersion", "kind", "metadata")


def unknown_fields(body: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """The paths of up to MOST fields that a structural schema (OpenAPI v3) does not know. None without a schema."""
    if not schema.get("properties"):
        return []
    found: list[str] = []
    for path in _unknown({key: value for key, value in body.items() if key not in _ALWAYS}, schema, ""):
        if path not in found:
            found.append(path)
        if len(found) == MOST:
            break
    return found


def _unknown(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource"):
        return
    if isinstance(value, list):
        for one in value:
            yield from _unknown(one, schema.get("items") or {}, f"{path}[]")
    elif isinstance(value, Mapping):
        known, rest = schema.get("properties") or {}, schema.get("additionalProperties")
        for key, inner in value.items():
            where = f"{path}.{key}" if path else str(key)
            if key in known:
                yield from _unknown(inner, known[key], where)
            elif isinstance(rest, Mapping):
                yield from _unknown(inner, rest, where)
            elif not rest and (known or schema.get("type") == "object"):
                yield where
