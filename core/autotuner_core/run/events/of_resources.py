"""Events about what is made outside: written before it exists, and when it is seen to be gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from autotuner_core.run.events.base import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceIntended(Event):
    """Something outside is about to be made; written before it exists. `token` finds it again."""

    type: ClassVar[str] = "ResourceIntended"
    kind: str
    name: str
    token: str
    experiment: int | None = None
    attempt: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceCreated(Event):
    """It exists. A process has `pid` and `started` (its start time, seconds since the epoch: pids are reused)."""

    type: ClassVar[str] = "ResourceCreated"
    kind: str
    name: str
    token: str
    pid: int | None = None
    started: float | None = None
    experiment: int | None = None
    attempt: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceRemoved(Event):
    """It is gone, seen to be gone."""

    type: ClassVar[str] = "ResourceRemoved"
    kind: str
    name: str
    token: str
    experiment: int | None = None
    attempt: int | None = None

    @classmethod
    def of(cls, resource: ResourceIntended | ResourceCreated) -> ResourceRemoved:
        """That this very thing is gone."""
        return cls(
            kind=resource.kind,
            name=resource.name,
            token=resource.token,
            experiment=resource.experiment,
            attempt=resource.attempt,
        )
