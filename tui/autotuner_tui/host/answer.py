"""The one line that a host process says to the one that started it: the run's folder, or why there is none."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from autotuner_tui.cli.exits import USAGE, UserError


class Answer:
    """The way back to whoever started the host: one line, and then nothing more, since the descriptor's number may
    be another file's by then. No program that is started gets it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        os.set_inheritable(descriptor, False)

    def say(self, line: bytes) -> None:
        """Say it and hang up; nothing where something was said before. Whoever started the run may have gone: that is
        no matter of the run's."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        try:
            with contextlib.suppress(OSError):
                os.write(descriptor, line)
        finally:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def begun_line(folder: Path) -> bytes:
    """The run exists: this is its folder."""
    return _line({"folder": str(folder)})


def refused_line(error: UserError) -> bytes:
    """There is no run; nothing was left behind."""
    return _line({"message": error.message, "cure": error.cure, "code": error.code})


def folder_in(line: bytes) -> Path:
    """The run's folder. Raises UserError for a refusal, ValueError for what is neither."""
    record = json.loads(line)
    if isinstance(record, dict) and isinstance(record.get("folder"), str):
        return Path(record["folder"])
    if isinstance(record, dict) and "message" in record:
        raise UserError(str(record["message"]), cure=str(record.get("cure", "")), code=int(record.get("code", USAGE)))
    raise ValueError("no answer of a host")


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode() + b"\n"
