"""Which experiment a person looks at: what is under way, until they move the cursor away from it."""

from __future__ import annotations

from collections.abc import Callable

from autotuner_core.run.run_state import RunState
from autotuner_tui.widgets.table import Key


class LookedAt:
    """Follows the run until the cursor is put on an experiment that is not under way; again from when it is put back
    on one that is."""

    def __init__(self) -> None:
        self._follows = True
        self._put: Key | None = None

    def moved(self, key: Key | None, state: RunState) -> None:
        """The cursor is on another row."""
        if key != self._put:
            self._follows = not state.running or any(experiment.id == key for experiment in state.running)
        self._put = None

    def follow(self, cursor: Key | None, state: RunState, move_to: Callable[[Key], None]) -> None:
        """Put the cursor on what is under way now, where it follows."""
        under_way = [experiment.id for experiment in state.running]
        if self._follows and under_way and cursor not in under_way:
            self._put = under_way[0]
            move_to(under_way[0])

    @staticmethod
    def attempt(cursor: Key | None, state: RunState) -> tuple[int, int] | None:
        """The attempt whose charts and logs are shown: of the experiment under the cursor, or else of the first one
        under way; (experiment, attempt)."""
        chosen = state.experiments.get(cursor) if isinstance(cursor, int) else None
        for experiment in [chosen, *state.running]:
            if experiment is not None and experiment.latest is not None:
                return experiment.id, experiment.latest.attempt
        return None
