"""`--json`: one JSON object per event on stdout, as it is in the journal (`autotuner-tui schema --events`)."""

from __future__ import annotations

import json

from autotuner_core.run.events import Event
from autotuner_tui.headless.outlet import Outlet


class JsonLines:
    """Writes events as lines, each flushed at once."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def write(self, event: Event) -> None:
        """One event, one line: `v, seq, ts, type`, then its own fields; absent ones are null."""
        record = event.to_record()
        self._outlet.line(json.dumps(record, separators=(",", ":"), allow_nan=False, ensure_ascii=False, default=str))
