"""The end of a log, as evidence of a failure."""

from __future__ import annotations

from pathlib import Path

_BYTES = 16_384
_LINE_CHARACTERS = 400


def log_tail(path: Path, lines: int = 12) -> tuple[str, ...]:
    """The last lines that are not blank, each cut to a readable length; empty where there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ()
    kept = [line.rstrip()[:_LINE_CHARACTERS] for line in text.splitlines() if line.strip()]
    return tuple(kept[-lines:])
