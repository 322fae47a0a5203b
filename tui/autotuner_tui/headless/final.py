"""The end of a run without a screen: the ranking for stdout, and for stderr where everything is."""

from __future__ import annotations

import shutil

from autotuner_core.report.summary import summary_text
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.run_state import RunState


def final_lines(state: RunState, folder: RunFolder) -> tuple[list[str], list[str]]:
    """(data, notes): the summary, and the places of the results, the record and what one may do next."""
    data = summary_text(state, shutil.get_terminal_size(fallback=(120, 24)).columns).rstrip("\n").split("\n")
    notes = [f"results: {folder.results_file}", f"record:  {folder.root}"]
    if state.queue or state.running:
        notes.append(f"{len(state.queue)} experiments not measured: `autotuner-tui resume {state.run_id}` goes on")
    return data, notes
