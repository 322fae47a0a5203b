"""The places in which keys are read: those of screens, and of widgets in them."""

from __future__ import annotations

START, TASK, RUN, EXPERIMENT, RESULTS, LOGS = "start", "task", "run", "experiment", "results", "logs"
TABLE, LOG, EDITOR, TEXT = "table", "log", "editor", "text"


def at(*places: str) -> frozenset[str]:
    """The places of an action."""
    return frozenset(places)
