"""What one may do next, at the end of a run without a screen."""

from __future__ import annotations

from pathlib import Path

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_tui.headless.final import final_lines
from recordings import beginning, scored, stamped, state_of


def notes_of(*more: ev.Event) -> str:
    return "\n".join(final_lines(state_of(stamped([*beginning(), *more])), RunFolder(Path("results/chat/ab12")))[1])


def test_a_run_that_broke_before_it_measured_anything_is_not_to_be_resumed() -> None:
    """It would break again: the task is in its record."""
    said = notes_of(ev.RunEnded(reason="failed", message="the tokenizer cannot be loaded"))
    assert "correct the task, and run it again" in said and "resume" not in said


def test_what_is_left_to_measure_is_told_with_how_to_go_on() -> None:
    said = notes_of(*scored(1, 100.0), ev.RunEnded(reason="failed", message="broke"))
    assert "1 experiment not measured: `autotuner-tui resume ab12` goes on" in said
    assert "2 experiments not measured" in notes_of(ev.RunEnded(reason="stopped"))
