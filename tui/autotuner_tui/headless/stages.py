"""What an attempt is at, and why a run waits, in a person's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autotuner_tui.headless.words import plain

if TYPE_CHECKING:
    from autotuner_core.run.experiment_state import AttemptState, LevelState
    from autotuner_core.run.run_state import RunState

STAGES = {
    "queued": "beginning",
    "deploying": "engine starting",
    "waiting": "engine starting",
    "benchmarking": "load about to begin",
    "collecting": "results being collected",
    "cleaning_up": "engine being stopped",
}
"""The stages of an attempt between its levels, in a person's words."""
LONGEST_DETAIL = 100


def level_under_way(attempt: AttemptState) -> LevelState | None:
    """The level that was started and has not ended."""
    return next((level for level in attempt.levels.values() if level.started and not level.ended), None)


def pause_words(state: RunState) -> str:
    """Who paused the run and why, and what is left running; empty where it is not paused."""
    if state.paused is None:
        return ""
    left = state.pause_is_complete.text.removeprefix("paused: ") if state.pause_is_complete else ""
    said = "; ".join(text for text in (state.paused.reason, left) if text)
    return plain(f"paused by {state.paused.by}{': ' if said else ''}{said}")
