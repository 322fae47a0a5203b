"""Reading plain Kubernetes objects, of which any part may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

Object = Mapping[str, Any]


def part(body: Any, *path: str) -> Object:
    """The mapping at `path`; empty where there is none."""
    for key in path:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, Mapping) else {}


def items(body: Any, *path: str) -> list[Object]:
    """The mappings of the list at `path`."""
    listed = part(body, *path[:-1]).get(path[-1])
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, Iterable) else []


def text(body: Any, *path: str) -> str:
    """The word at `path`; empty where there is none."""
    value = part(body, *path[:-1]).get(path[-1])
    return "" if value is None else str(value)


def name_of(body: Any) -> str:
    """An object's name."""
    return text(body, "metadata", "name")


def uid_of(body: Any) -> str:
    """An object's uid."""
    return text(body, "metadata", "uid")


def going(body: Any) -> bool:
    """Whether an object is being deleted."""
    return bool(text(body, "metadata", "deletionTimestamp"))


def controllers_of(body: Any) -> list[str]:
    """The finalizers of controllers: those that the garbage collector does not take away."""
    found = part(body, "metadata").get("finalizers") or []
    return [str(name) for name in found if name not in ("foregroundDeletion", "orphan")]


def condition(body: Any, kind: str) -> Object:
    """The condition of this type in an object's status; empty where there is none."""
    return next((one for one in items(body, "status", "conditions") if one.get("type") == kind), {})


def seconds(stamp: Any) -> float | None:
    """A time of the API (RFC 3339) as seconds since the epoch; None where it is none."""
    try:
        moment = datetime.fromisoformat(str(stamp).replace("Z", "+00:00"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def created(body: Any) -> float | None:
    """When an object was created, in seconds since the epoch."""
    return seconds(text(body, "metadata", "creationTimestamp"))
