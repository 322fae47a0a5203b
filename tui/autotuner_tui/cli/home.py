"""A home folder for a process that has none: a container's user may be a number that no list of users knows."""

from __future__ import annotations

import os

NO_HOME = "/"
"""What container runtimes set HOME to for such a user."""


def see_to_home() -> None:
    """Set HOME where nothing tells it: without it neither `~` nor the XDG folders mean anything, and asking for them
    raises. What cannot be written there is told where it is written."""
    if os.path.expanduser("~") == "~":  # noqa: PTH111 - `--help` has no other need of pathlib
        os.environ["HOME"] = NO_HOME
