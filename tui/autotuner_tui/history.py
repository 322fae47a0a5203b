"""What happened in a run, in a person's words: the tuner's own log, narrated from the events as they are folded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from autotuner_core.run.events import Event
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.narrator import Narrator
from autotuner_tui.headless.words import clock

KEPT = 5000
"""Lines. The journal has everything for good."""
TOLD_AT_FIRST = 600
"""Events: of a long run that is opened late, older ones are folded and not told."""


class History:
    """`lines` of a run, the newest last; `count` is how many there have been."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.count = 0
        self._narrator = Narrator()

    def fold(self, events: Iterable[Event], state: RunState) -> None:
        """Have the state take the events, and tell them."""
        for event in events:
            state.apply(event)
            for text in self._narrator.lines(event, state):
                self.lines.append(f"{clock(event.ts)}  {text}")
                self.count += 1

    @classmethod
    def of(cls, events: list[Event]) -> tuple[RunState, History]:
        """The state after these events, and the latest of them told."""
        history, state = cls(), RunState()
        for event in events[:-TOLD_AT_FIRST]:
            state.apply(event)
        history.fold(events[-TOLD_AT_FIRST:], state)
        return state, history
