"""Whether an engine answers yet, asked again and again by a thread of its own."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Sequence
from typing import Any

from autotuner_core.deploy.http import get_json, request

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
FACTOR = 1.3
TIMEOUT = 5.0  # seconds one answer may take; engines that warm up answer late


class Probe:
    """Asks `health_path` until it answers 200, then for the name of the model; then calls `on_ready`.

    `ready` and `served_name` may be read from any thread; `last` is the last answer, in words.
    """

    def __init__(
        self, host: str, port: int, health_path: str, expected_name: str, on_ready: Callable[[], None]
    ) -> None:
        self._host, self._port, self._path = host, port, health_path
        self._expected = expected_name
        self._on_ready = on_ready
        self._stopped = threading.Event()
        self.ready = False
        self.served_name = expected_name
        self.last = "not asked yet"
        threading.Thread(target=self._run, name=f"probe-{port}", daemon=True).start()

    def stop(self) -> None:
        """Ask no more. Does not wait."""
        self._stopped.set()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped.is_set():
            if self._healthy():
                self.served_name = served_name(self._expected, get_json(self._host, self._port, "/v1/models", TIMEOUT))
                self.ready = True
                self._on_ready()
                return
            self._stopped.wait(pause)
            pause = min(pause * FACTOR, LONGEST_PAUSE)

    def _healthy(self) -> bool:
        try:
            status, _ = request(self._host, self._port, "GET", self._path, TIMEOUT)
        except (OSError, http.client.HTTPException) as error:
            self.last = f"GET {self._path}: {error or type(error).__name__}"
            return False
        self.last = f"GET {self._path}: HTTP {status}"
        return status == 200


def served_name(expected: str, models: Any) -> str:
    """The name to send with requests: the expected one where the engine knows it, else the first that it names."""
    entries: Sequence[Any] = models.get("data") or () if isinstance(models, dict) else ()
    names: list[str] = []
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            names += [entry["id"], *(alias for alias in entry.get("aliases") or () if isinstance(alias, str))]
    return expected if expected in names or not names else names[0]
