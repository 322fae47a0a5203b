"""How a call to the cluster that must be tried again waits: interruptibly where somebody may ask an attempt to end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from autotuner_core.control import Scope
from autotuner_core.run.events import RunNote
from autotuner_core.run.journal import JournalWriteError, Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient


class ScopedWaits(threading.local):
    """The waits between two tries. Within a scope, in its own thread, they raise Interrupted when that is asked to
    end; elsewhere (the removal of what was made, the lease) they are waited out."""

    def __init__(self) -> None:
        self._scope: Scope | None = None

    def __call__(self, seconds: float) -> None:
        if self._scope is None:
            time.sleep(seconds)
        else:
            self._scope.wait(seconds)

    @contextlib.contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Calls of this thread wait on `scope` meanwhile."""
        before, self._scope = self._scope, scope
        try:
            yield
        finally:
            self._scope = before


def patient(client: KubeClient, waits: ScopedWaits, recorder: Recorder) -> KubeClient:
    """The client of a run, which says in the record what it has to try again."""

    def tell(line: str) -> None:
        with suppress(JournalWriteError):  # the run meets that at its next event
            recorder.record(RunNote(text=line, code="cluster_asked_again"))

    return client.patient(wait=waits, tell=tell)
