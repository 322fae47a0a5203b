"""The ledger: what the engine room writes to and decides by. Every event goes to the journal first and then into the
fold, so what the engine knows is never ahead of what a resumed run would know."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from autotuner_core.control import Control
from autotuner_core.engine.secrets import Secrets
from autotuner_core.run.clocks import NeverBack
from autotuner_core.run.events import Event
from autotuner_core.run.journal import Recorder
from autotuner_core.run.run_state import RunState

Answer = TypeVar("Answer")


class Ledger:
    """A Recorder that also keeps the RunState of its events, for the threads of one host. Thread-safe."""

    def __init__(self, journal: Recorder, state: RunState, control: Control, secrets: Secrets | None = None) -> None:
        self.secrets = secrets or Secrets()
        self._journal = journal
        self._state = state
        self._control = control
        self._lock = threading.RLock()
        self._clock = NeverBack(state.last_ts)

    def record(self, event: Event) -> Event:
        """See Recorder. Wakes every waiter afterwards: what they wait for may be this."""
        with self._lock:
            stamped = self._journal.record(self.secrets.hidden_in(event))
            self._state.apply(stamped)
            self._clock.keep(stamped.ts)
        self._control.notify()
        return stamped

    @contextlib.contextmanager
    def held(self) -> Iterator[RunState]:
        """Look and record in one piece: nobody else changes the state meanwhile. For moments only."""
        with self._lock:
            yield self._state

    def now(self) -> float:
        """Seconds since the epoch on the clock of the journal."""
        with self._lock:
            return self._clock.now()

    def read(self, question: Callable[[RunState], Answer]) -> Answer:
        """Ask the state something while nobody changes it. The answer must not hold on to the state itself."""
        with self._lock:
            return question(self._state)
