"""One answer of the doctor."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Health(str, Enum):
    """`missing` stops a local run, `warning` may spoil one, `note` concerns only some tasks."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, what was found, and what to do where it is not well."""

    name: str
    health: Health
    found: str
    cure: str = ""

    def to_json(self) -> dict[str, Any]:
        """The answer as a JSON object."""
        return {**asdict(self), "health": self.health.value}
