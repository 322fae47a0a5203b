"""Taking a run in hand: a new one, or one that was stopped or died."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

from autotuner_core.deploy.strays import end_strays, find_strays
from autotuner_core.engine.control import Control
from autotuner_core.engine.hidden import SecretsMissing, with_secrets
from autotuner_core.engine.host import HeldRun, Host, HostOptions
from autotuner_core.engine.ledger import Ledger
from autotuner_core.engine.machine import this_machine, versions
from autotuner_core.engine.parts import refuse_what_is_not_built
from autotuner_core.plan.build import build_plan
from autotuner_core.plan.plan import Plan
from autotuner_core.run.events import AttemptEnded, HostStarted, ResourceRemoved, RunNote, RunStarted
from autotuner_core.run.folder import RunFolder, new_run_folder
from autotuner_core.run.index import record_run
from autotuner_core.run.journal import Journal, read_journal
from autotuner_core.run.locks import FileLock, LockHeld
from autotuner_core.run.run_state import RunState
from autotuner_core.run.whole_file import write_json
from autotuner_core.task.load import LoadedTask, task_from_json
from autotuner_core.task.model import Task
from autotuner_core.task.redact import redacted

log = logging.getLogger(__name__)


class NotResumable(Exception):
    """The run cannot go on; the message says why and what can be done instead."""


def create_run(loaded: LoadedTask, plan: Plan, *, results_dir: Path, options: HostOptions) -> Host:
    """A new run of a task, begun but not started: its folder, locks and journal exist.

    Raises PreflightError (this version cannot deploy it), LockHeld (a run of this task is under way in this results
    folder), OSError and JournalWriteError (the folder cannot be written).
    """
    refuse_what_is_not_built(loaded.task)
    folder = new_run_folder(results_dir, loaded.task.task_name)
    locks = _acquire(folder, options)
    task = redacted(loaded.raw)
    write_json(task, folder.task_file)
    run = _hold(folder, loaded.task, plan, locks, RunState(), token=f"{folder.run_id}-{secrets.token_hex(8)}")
    run.ledger.record(
        RunStarted(run_id=folder.run_id, task=task, plan=plan.to_json(), versions=versions(), machine=this_machine())
    )
    _record_host(run, resumed=False)
    _enter_into_index(run)
    return Host(run, options)


def resume_run(folder: RunFolder, options: HostOptions) -> Host:
    """A run that was stopped or died, taken in hand again: what its last host left running is ended, finished
    experiments stay, the one under way is begun again.

    Raises NotResumable, LockHeld, OSError and JournalWriteError.
    """
    state = RunState.of(read_journal(folder.journal))
    if not state.run_id or state.host is None:
        raise NotResumable(f"{folder.journal} holds no run that was started; begin a new one")
    if state.end is not None and state.end.reason == "completed" and not state.queue:
        raise NotResumable(f"run {folder.run_id} is complete; `report {folder.run_id}` shows it")
    try:
        task = task_from_json(with_secrets(state.task))
    except SecretsMissing as error:
        raise NotResumable(str(error)) from error
    locks = _acquire(folder, options)
    run = _hold(folder, task, build_plan(task), locks, state, token=state.host.token)
    under_way = [(e.id, e.latest.attempt) for e in state.running if e.latest is not None]
    _record_host(run, resumed=True)
    _clear_up_after_last_host(run, under_way)
    return Host(run, options)


def _acquire(folder: RunFolder, options: HostOptions) -> tuple[FileLock, ...]:
    """The task's lock, then the run's. Nothing is kept where one of them is held; an empty new folder goes again."""
    held: list[FileLock] = []
    try:
        for path in (folder.task_lock, folder.host_lock):
            lock = FileLock(path, folder.run_id)
            lock.acquire(options.take_over)
            held.append(lock)
    except (LockHeld, OSError):
        for lock in held:
            lock.release()
        if not any(folder.root.iterdir()):
            folder.root.rmdir()
        raise
    return tuple(held)


def _hold(
    folder: RunFolder, task: Task, plan: Plan, locks: tuple[FileLock, ...], state: RunState, token: str
) -> HeldRun:
    control = Control()
    journal = Journal(folder.journal)
    ledger = Ledger(journal, state, control)
    return HeldRun(folder, task, plan, token, journal, ledger, control, locks)


def _record_host(run: HeldRun, resumed: bool) -> None:
    me = run.locks[0].me
    run.ledger.record(HostStarted(pid=me.pid, host=me.host, started=me.started, token=run.token, resumed=resumed))


def _enter_into_index(run: HeldRun) -> None:
    try:
        record_run(run.folder)
    except OSError as error:
        text = f"this run is not in the list of runs ({error}); name it by its folder {run.folder.root}"
        run.ledger.record(RunNote(text=text, level="warning", code="not_in_index"))


def _clear_up_after_last_host(run: HeldRun, under_way: list[tuple[int, int]]) -> None:
    """End what still runs with the run's token, and close the attempts that died with their host."""
    found = find_strays(run.token)
    still_there = end_strays(run.token)
    for stray in found:
        text = f"the last host left {stray} behind; it was ended"
        if stray in still_there:
            text = f"the last host left {stray} behind, and it cannot be ended"
        run.ledger.record(RunNote(text=text, level="warning" if stray in still_there else "note", code="stray"))
    for resource in run.ledger.read(lambda state: list(state.resources.values())):
        run.ledger.record(
            ResourceRemoved(
                kind=resource.kind,
                name=resource.name,
                token=resource.token,
                experiment=resource.experiment,
                attempt=resource.attempt,
            )
        )
    for experiment, attempt in under_way:
        run.ledger.record(
            AttemptEnded(
                experiment=experiment,
                attempt=attempt,
                outcome="interrupted",
                cause="interrupted",
                message="its host was gone",
            )
        )
