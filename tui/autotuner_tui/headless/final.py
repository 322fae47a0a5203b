"""The end of a run without a screen: the ranking for stdout, and for stderr where everything is."""

from __future__ import annotations

import shutil

from autotuner_core.report.summary import summary_text
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.outlet import Outlet


def final_lines(state: RunState, folder: RunFolder) -> tuple[list[str], list[str]]:
    """(data, notes): the summary, and the places of the results, the record and what one may do next."""
    data = summary_text(state, shutil.get_terminal_size(fallback=(120, 24)).columns).rstrip("\n").split("\n")
    notes = [f"results: {folder.results_file}", f"record:  {folder.root}"]
    if state.queue or state.running:
        notes.append(_what_is_left(state))
    return data, notes


def _what_is_left(state: RunState) -> str:
    """How to go on. A run that broke before it could measure anything would only break again by the same task."""
    if (
        state.end is not None
        and state.end.reason == "failed"
        and not any(e.attempts for e in state.experiments.values())
    ):
        return "nothing was measured: put that right, or correct the task, and run it again"
    count = len(state.queue) + len(state.running)
    return f"{count} experiment{'s' if count > 1 else ''} not measured: `autotuner-tui resume {state.run_id}` goes on"


def tell_end(state: RunState, seen: RunState | None, folder: RunFolder, err: Outlet, out: Outlet | None) -> None:
    """Say how the run came out, on `out` where there is one. `seen`: what a viewer saw, for a record that is gone."""
    if not state.run_id and seen is not None:
        err.line(f"the run's record is gone from {folder.root}; this is what was seen of it")
        state = seen
    try:
        data, notes = final_lines(state, folder)
    except Exception as error:
        data, notes = [], [f"the summary could not be made ({error}); the record is in {folder.root}"]
    if out is not None:
        for line in data:
            out.line(line)
    for line in notes:
        err.line(line)
