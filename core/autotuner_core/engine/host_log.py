"""The log of a run's host, and the telling of what could not be done in it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from autotuner_core.failures import ExperimentFailure

log = logging.getLogger(__name__)


class QuietFileHandler(logging.FileHandler):
    """A log that cannot be written (the disk is full) is no reason for tracebacks on the terminal."""

    def close(self) -> None:
        """Passes over it, too, when what could not be written before cannot be written at last."""
        with contextlib.suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Passes over what cannot be written: the run tells of the disk in its own words."""


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """Go on with the next thing to close, but tell what could not be done."""
    try:
        yield
    except (OSError, ExperimentFailure) as error:
        log.warning("could not %s: %s", what, error)
