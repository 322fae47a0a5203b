"""Events about the run as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from autotuner_core.run.events.base import Event, Json


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStarted(Event):
    """A run began. `task` is the task as it was run, `plan` what it will do (`Plan.to_json`), `placement` how it
    reaches its servers and loads them (engine.placement.Placement)."""

    type: ClassVar[str] = "RunStarted"
    run_id: str
    task: Json
    plan: Json
    versions: Json = field(default_factory=dict)
    machine: Json = field(default_factory=dict)
    placement: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class HostStarted(Event):
    """A process took the run in hand: at its start, and again at every resume. `token` finds what it started;
    `socket` is the path of its control socket, None where it has none."""

    type: ClassVar[str] = "HostStarted"
    pid: int
    host: str
    started: float
    token: str
    resumed: bool = False
    socket: str | None = None
    machine: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolsFound(Event):
    """Versions of the tools that were found ready, by name: they may be those of another Python environment."""

    type: ClassVar[str] = "ToolsFound"
    versions: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Paused(Event):
    """Nothing new starts. `reason` says why; `by` is `user`, `surroundings` or `access`."""

    type: ClassVar[str] = "Paused"
    reason: str = ""
    by: str = "user"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed(Event):
    """The pause is over."""

    type: ClassVar[str] = "Resumed"
    by: str = "user"


@dataclass(frozen=True, kw_only=True, slots=True)
class StopAsked(Event):
    """The run is to end: nothing new starts, what is under way ends without a score. `now`: it is killed instead of
    shut down. `by` is `user` (a command) or the name of a signal."""

    type: ClassVar[str] = "StopAsked"
    by: str = "user"
    now: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandHandled(Event):
    """A command was handled. `outcome`: taken or refused, `message` says in words what happens now, or why not. The
    same `command_id` again does nothing."""

    type: ClassVar[str] = "CommandHandled"
    command_id: str
    command: str
    outcome: str
    message: str = ""
    arguments: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunNote(Event):
    """Something a person should know, in words. `level` is `note` or `warning`, `code` a stable word for scripts."""

    type: ClassVar[str] = "RunNote"
    text: str
    level: str = "note"
    code: str = ""
    experiment: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEnded(Event):
    """The run is over. `reason`: `completed`, `stopped` (by a person or signal), `surroundings`, `access`, `budget`
    or `failed` (the tuner itself); `signal` is set where a signal stopped it."""

    type: ClassVar[str] = "RunEnded"
    reason: str
    message: str = ""
    signal: int | None = None
