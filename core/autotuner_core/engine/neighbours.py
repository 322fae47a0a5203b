"""Who else is on this machine: other runs, when a run begins and while it is under way, and what killed ones left."""

from __future__ import annotations

from autotuner_core.deploy.orphans import find_orphans
from autotuner_core.engine.held_run import HeldRun
from autotuner_core.run.events import RunNote
from autotuner_core.run.holders import is_here, known_holder_of
from autotuner_core.run.index import recorded_runs


def tell_of_neighbours(run: HeldRun) -> None:
    """Whatever else computes on this machine falsifies what is measured, and no level would show why."""
    tell_of_other_runs(run)
    _tell_of_orphans(run)


def tell_of_other_runs(run: HeldRun) -> None:
    """A note in the record for each other run that is under way on this machine, once. Raises OSError (the list of runs
    cannot be read) and JournalWriteError."""
    told = run.ledger.read(lambda state: {note.text for note in state.notes})
    for other in recorded_runs():
        holder = None if other.folder == run.folder else known_holder_of(other.folder.host_lock)
        if holder is not None and is_here(holder):
            text = (
                f"run {other.folder.run_id} of {other.folder.task_name} (process {holder.pid}) is under way on this "
                "machine too: on shared cores or GPUs the two falsify each other's measurements"
            )
            if text not in told:
                run.ledger.record(RunNote(text=text, level="warning", code="machine_shared"))


def _tell_of_orphans(run: HeldRun) -> None:
    orphans = find_orphans()
    if not orphans:
        return
    runs = ", ".join(sorted({orphan.run_id or "unknown" for orphan in orphans}))
    named = ", ".join(str(orphan.stray) for orphan in orphans[:3]) + (", ..." if len(orphans) > 3 else "")
    text = (
        f"{len(orphans)} process(es) of killed runs ({runs}) still run on this machine: {named}. They may hold GPUs "
        "and falsify what is measured; `autotuner-tui clean` ends them"
    )
    run.ledger.record(RunNote(text=text, level="warning", code="orphans"))
