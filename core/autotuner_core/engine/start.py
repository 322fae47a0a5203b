"""Beginning a new run."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import Any

from autotuner_core.engine.held_run import HeldRun, HostOptions, acquire, hold, record_host
from autotuner_core.engine.host import Host
from autotuner_core.engine.machine import this_machine, versions
from autotuner_core.engine.neighbours import tell_of_neighbours
from autotuner_core.engine.parts import placed, refuse_what_is_not_built
from autotuner_core.plan.plan import Plan
from autotuner_core.run.events import RunNote, RunStarted
from autotuner_core.run.folder import RunFolder, new_run_folder
from autotuner_core.run.index import record_run
from autotuner_core.run.run_state import RunState
from autotuner_core.run.whole_file import write_json
from autotuner_core.task.load import LoadedTask
from autotuner_core.task.redact import redacted


def create_run(loaded: LoadedTask, plan: Plan, *, results_dir: Path, options: HostOptions) -> Host:
    """A new run of a task, begun but not started: its folder, locks and journal exist.

    Raises PreflightError (this version cannot deploy it, there is no way to the cluster), LockHeld (a run of this task
    is under way in this results folder), OSError and JournalWriteError (the folder cannot be written).
    """
    refuse_what_is_not_built(loaded.task)
    placement = placed(loaded.task, options.placement)
    folder = new_run_folder(results_dir, loaded.task.task_name)
    with contextlib.ExitStack() as undo:
        undo.callback(_take_back, folder)
        locks = acquire(folder, options, undo)
        task = redacted(loaded.task.model_dump(mode="json"))
        write_json(task, folder.task_file)
        token = f"{folder.run_id}-{secrets.token_hex(8)}"
        run = hold(folder, loaded.task, plan, locks, RunState(), token, undo, placement)
        started: dict[str, Any] = {"run_id": folder.run_id, "task": task, "plan": plan.to_json()}
        started["placement"] = placement.to_json()
        run.ledger.record(RunStarted(**started, versions=versions(), machine=this_machine()))
        record_host(run, resumed=False)
        _enter_into_index(run)
        tell_of_neighbours(run)
        host = Host(run, options)
        undo.pop_all()
        return host


def _take_back(folder: RunFolder) -> None:
    """A run that could not be begun leaves no folder behind."""
    with contextlib.suppress(OSError):
        for path in (folder.journal, folder.task_file, folder.host_log):
            path.unlink(missing_ok=True)
        folder.root.rmdir()


def _enter_into_index(run: HeldRun) -> None:
    try:
        record_run(run.folder)
    except OSError as error:
        text = f"this run is not in the list of runs ({error}); name it by its folder {run.folder.root}"
        run.ledger.record(RunNote(text=text, level="warning", code="not_in_index"))
