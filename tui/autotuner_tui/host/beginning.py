"""A host that is being started while a screen goes on: whoever leaves meanwhile is told what became of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from autotuner_tui.host.spawn import HostProcess, spawn_host

if TYPE_CHECKING:
    from autotuner_tui.host.order import Order

LEAVING_SECONDS = 10.0
"""How long whoever leaves is kept waiting for a host that has not answered yet."""


class Beginning:
    """The thread ends with the process: a host that never answers holds nobody up. `ready` is called from it at the
    end, `say` where that takes long."""

    def __init__(self, order: Order, say: Callable[[str], None], ready: Callable[[], object]) -> None:
        self._order, self._say, self._ready = order, say, ready
        self._begun: HostProcess | None = None
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="begin")
        self._thread.start()

    @property
    def under_way(self) -> bool:
        """Whether the host has neither taken the run in hand nor refused."""
        return self._thread.is_alive()

    def result(self) -> HostProcess:
        """The host. Raises UserError where the run cannot begin."""
        if self._begun is None:
            raise self._fault or RuntimeError("asked too early")
        return self._begun

    def outcome(self) -> HostProcess | None:
        """For who leaves: the host, where there is one within LEAVING_SECONDS."""
        self._thread.join(LEAVING_SECONDS)
        return self._begun

    def _run(self) -> None:
        try:
            self._begun = spawn_host(self._order, self._say)
        except Exception as error:
            self._fault = error
        self._ready()
