"""The control protocol: one command, one answer, each a JSON object on a line of its own.

Command: {"v": 1, "id": "...", "command": "skip", "arguments": {"experiments": [3]}}. Answer: {"v": 1, "id": "...",
"ok": true, "message": "..."}. The id is the sender's: a command that is sent again under its id does nothing more.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from autotuner_core.json_value import json_value

PROTOCOL_VERSION = 1

LONGEST_LINE = 65_536
"""Bytes of a command. A configuration by hand is the longest one, and a thousand times shorter."""

LONGEST_ID = 100
MOST_LEVELS = 20


class ProtocolError(ValueError):
    """The bytes are no command, or no answer, of this protocol; the message says why."""


def new_id() -> str:
    """An id that no other command has."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Command:
    """What a run is asked to do. `arguments` are named by the command (see `engine/commands`)."""

    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    v: int = PROTOCOL_VERSION

    def line(self) -> bytes:
        """As it travels."""
        return _line(asdict(self))


@dataclass(frozen=True)
class Answer:
    """What came of a command: whether it was taken, and in words what happens now."""

    ok: bool
    message: str
    id: str = ""
    v: int = PROTOCOL_VERSION

    def line(self) -> bytes:
        """As it travels."""
        return _line(asdict(self))


def command_of(line: bytes) -> Command:
    """The command on a line. Raises ProtocolError."""
    record = _record(line)
    version, name, arguments = record.get("v"), record.get("command"), record.get("arguments", {})
    identity = record.get("id", "")
    if version != PROTOCOL_VERSION:
        raise ProtocolError(f'"v" is {version!r}; this host speaks version {PROTOCOL_VERSION}')
    if not isinstance(name, str) or not name:
        raise ProtocolError('"command" is missing')
    if not isinstance(arguments, dict):
        raise ProtocolError('"arguments" must be an object')
    if not isinstance(identity, str) or not 0 < len(identity) <= LONGEST_ID:
        raise ProtocolError(f'"id" must be a text of 1 to {LONGEST_ID} characters')
    _check_plain(arguments, MOST_LEVELS)
    return Command(name, arguments, identity)


def _check_plain(value: Any, levels: int) -> None:
    """What is to be written to the journal must be plain JSON: finite numbers, not nested beyond measure."""
    if levels == 0:
        raise ProtocolError(f"nested more than {MOST_LEVELS} levels deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise ProtocolError(f"{value} is no number of JSON")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_plain(part, levels - 1)


def answer_of(line: bytes) -> Answer:
    """The answer on a line. Raises ProtocolError."""
    record = _record(line)
    if not isinstance(record.get("ok"), bool):
        raise ProtocolError("the host's answer is of no version that is known here")
    return Answer(record["ok"], str(record.get("message", "")), str(record.get("id", "")))


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json_value(line)
    except ValueError as error:
        raise ProtocolError(f"not a JSON object on one line: {error}") from error
    if not isinstance(record, dict):
        raise ProtocolError("not a JSON object")
    return record


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"
