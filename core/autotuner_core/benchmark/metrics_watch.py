"""An engine's `/metrics`, looked at once a second while levels run, from a thread of its own. No level waits for it: an
engine that has no such page, or does not answer there, costs nothing."""

from __future__ import annotations

import json
import logging
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from autotuner_core.benchmark.metrics_figures import LevelLooks, figures_of
from autotuner_core.benchmark.metrics_reading import Reading, read_metrics, tables_for
from autotuner_core.engines.profile import Profile

log = logging.getLogger(__name__)

EVERY = 1.0
LAST_LOOK_SECONDS = 0.02
"""How long the end of a level waits for a last look; without it, counters end with the look before."""

TIMEOUT = 1.0
MOST_BYTES = 4 << 20
NO_SUCH_PAGE = (401, 403, 404, 405, 501)
"""llama-server answers 501 where it was started without --metrics."""


class MetricsWatch:
    """Watches one engine. `begin` and `end` a level, one after the other, then `close`; none of them waits for the
    engine. Looks go to `stream` as JSON lines: `ts` (seconds since the epoch), `mono` (monotonic seconds), `level`, and
    the figures of engines/metric_names.py as the engine told them (counters count from its start)."""

    def __init__(self, url: str, profile: Profile | None, stream: Path) -> None:
        self._url = url.rstrip("/") + (profile.metrics_path if profile else "/metrics")
        self._tables = tables_for(profile)
        self._stream = stream
        self._changed = threading.Condition()
        self._looks: LevelLooks | None = None
        self._asked = self._closed = self._gone = self._answers = False
        self._keeps = True
        threading.Thread(target=self._run, name="engine-metrics", daemon=True).start()

    def begin(self, level: int) -> None:
        """A level begins: looked at now, then every second."""
        with self._changed:
            self._looks = LevelLooks(level)
            self._ask()

    def end(self) -> dict[str, Any]:
        """The level is over: its figures, see figures_of. Empty where the engine told nothing, or none was begun."""
        with self._changed:
            looks, self._looks = self._looks, None
            if looks is None or self._gone:
                return {}
            if self._answers:
                told = len(looks.at_bounds)
                self._looks = looks
                self._ask()
                self._changed.wait_for(lambda: len(looks.at_bounds) > told or self._gone, LAST_LOOK_SECONDS)
                self._looks = None
            return figures_of(looks)

    def close(self) -> None:
        """Look no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _ask(self) -> None:
        self._asked = True
        self._changed.notify_all()

    # ---- the thread

    def _run(self) -> None:
        import prometheus_client.parser  # noqa: F401  (now, so that the first look is not late)

        try:
            while (turn := self._next_turn()) is not None:
                looks, at_bound = turn
                reading = self._look()
                if reading is None:
                    continue
                with self._changed:
                    looks.add(reading, at_bound)
                    self._answers = True
                    self._changed.notify_all()
                self._keep(_line(looks.level, reading))
        finally:
            self._gone = True

    def _keep(self, line: str) -> None:
        """A disk that is full costs the stream, and not what the levels tell: the run itself tells of the disk."""
        if not self._keeps:
            return
        try:
            with self._stream.open("ab", buffering=0) as file:
                file.write(line.encode())
        except OSError as error:
            log.warning("the engine's metrics are not written any more: %s", error)
            self._keeps = False

    def _next_turn(self) -> tuple[LevelLooks, bool] | None:
        """Waits for the next look: for which level, and whether at one of its bounds. None when it is over."""
        with self._changed:
            while not (self._closed or self._gone):
                asked = self._changed.wait_for(lambda: self._asked or self._closed, EVERY if self._looks else None)
                self._asked = False
                if self._looks is not None and not self._closed:
                    return self._looks, asked
            return None

    def _look(self) -> Reading | None:
        import http.client

        try:
            status, text = _get(self._url)
            if status in NO_SUCH_PAGE:
                self._gone = True
            return read_metrics(text, self._tables) if status == 200 else None
        except (OSError, http.client.HTTPException, ValueError):
            return None  # no answer is the answer


def _get(url: str) -> tuple[int, str]:
    """Status and body, straight from the server: never through a proxy. Raises OSError and HTTPException."""
    import http.client

    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("GET", parts.path, headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read(MOST_BYTES).decode("utf-8", "replace")
    finally:
        connection.close()


def _line(level: int, reading: Reading) -> str:
    now = {"ts": round(time.time(), 3), "mono": round(time.monotonic(), 3), "level": level}
    return json.dumps({**now, **reading.values}, allow_nan=False) + "\n"
