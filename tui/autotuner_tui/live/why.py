"""Why a view ends, and with which exit code. Apart from `leaving`, so that a screen can begin without what its end
wants."""

from __future__ import annotations

from enum import Enum

from autotuner_tui.cli.exits import BY_SIGHUP, BY_SIGTERM, NO_WINNER, OK


class Leaving(Enum):
    """Why a view ends."""

    OVER = "the run has ended"
    HOSTLESS = "the run has no end and no host"
    DETACHED = "the person has left"
    TERMINATED = "SIGTERM"
    HUNG_UP = "the terminal is gone"
    BROKEN = "a fault in the view"


CODES = {
    Leaving.DETACHED: OK,
    Leaving.TERMINATED: BY_SIGTERM,
    Leaving.HUNG_UP: BY_SIGHUP,
    Leaving.BROKEN: NO_WINNER,
}
"""Where the run itself does not say the code."""
