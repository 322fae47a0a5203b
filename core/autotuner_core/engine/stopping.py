"""That a run is to end, entered into its record, so that everybody who looks at the run knows it."""

from __future__ import annotations

import logging

from autotuner_core.engine.ledger import Ledger
from autotuner_core.run.events import StopAsked
from autotuner_core.run.journal import JournalWriteError

log = logging.getLogger(__name__)


def record_stop(ledger: Ledger, by: str, now: bool) -> None:
    """Record it where it is news. A record that cannot be written keeps nobody from ending the run."""
    try:
        with ledger.held() as state:
            known = state.stopping
            if state.end is None and (known is None or (now and not known.now)):
                ledger.record(StopAsked(by=by, now=now))
    except JournalWriteError as error:
        log.error("that the run is to end could not be recorded: %s", error)
