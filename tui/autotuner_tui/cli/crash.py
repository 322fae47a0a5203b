"""A fault of ours: a line for the person, the traceback in a file whose place is told."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path

from autotuner_tui.cli.exits import NO_WINNER
from autotuner_tui.headless.outlet import Outlet


def report_crash(error: BaseException) -> int:
    """Save the traceback, say in words what happened and where the rest is. Gives the exit code."""
    place = save_traceback(error)
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    err = Outlet(sys.stderr)
    err.line(f"autotuner-tui: a fault of the program: {what}")
    if place is not None:
        err.line(f"  the details are in {place}; please report it with that file")
    return NO_WINNER


def save_traceback(error: BaseException) -> Path | None:
    """Write the traceback to a file of the user's state folder (else the temporary one); None where neither can."""
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    for folder in (_state_folder(), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", prefix="autotuner-crash-", suffix=".txt", dir=folder, delete=False
            ) as file:
                file.write(text)
            return Path(file.name)
        except OSError:
            continue
    return None


def _state_folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("autotuner-tui") / "crashes"
