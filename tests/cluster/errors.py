"""What can go wrong with a test cluster, in words for a person."""

from __future__ import annotations

from pathlib import Path

SETUP = "python -m tests.cluster setup"
UP = "python -m tests.cluster up"


class ClusterError(Exception):
    """A step failed; the message says which, and ends with what the log says."""


def with_log(message: str, log: Path, lines: int = 8) -> ClusterError:
    """An error whose message ends with the last lines of a log."""
    try:
        tail = log.read_text(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        tail = []
    return ClusterError("\n".join([f"{message} ({log})", *(f"  | {line}" for line in tail)]))
