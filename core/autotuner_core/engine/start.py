"""Taking a run in hand: a new one, or one that was stopped or died."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
from pathlib import Path
from typing import Any

from autotuner_core.engine.clear_up import clear_up_after
from autotuner_core.engine.commands.queued import queue_again
from autotuner_core.engine.control import Control
from autotuner_core.engine.hidden import SecretsMissing, with_secrets
from autotuner_core.engine.host import HeldRun, Host, HostOptions
from autotuner_core.engine.ledger import Ledger
from autotuner_core.engine.machine import this_machine, versions
from autotuner_core.engine.neighbours import tell_of_neighbours
from autotuner_core.engine.parts import refuse_what_is_not_built
from autotuner_core.engine.secrets import Secrets
from autotuner_core.engine.trouble import failed_by_surroundings, trouble_of
from autotuner_core.plan.build import build_plan
from autotuner_core.plan.plan import Plan
from autotuner_core.report.results import results_document
from autotuner_core.run.events import HostStarted, RunNote, RunStarted
from autotuner_core.run.folder import RunFolder, new_run_folder
from autotuner_core.run.index import record_run
from autotuner_core.run.journal import Journal
from autotuner_core.run.journal_health import JournalHealth, read_with_health
from autotuner_core.run.lock_guard import LockGuard
from autotuner_core.run.locks import FileLock
from autotuner_core.run.run_state import RunState
from autotuner_core.run.whole_file import write_json
from autotuner_core.steer.place import socket_path
from autotuner_core.steer.server import ControlSocket
from autotuner_core.task.load import LoadedTask, task_from_json
from autotuner_core.task.model import Task
from autotuner_core.task.redact import redacted

log = logging.getLogger(__name__)


TROUBLES = ("surroundings", "access", "failed")
"""How a run ended that was in trouble: what failed by that is measured again."""


class NotResumable(Exception):
    """The run cannot go on; the message says why and what can be done instead."""


def create_run(loaded: LoadedTask, plan: Plan, *, results_dir: Path, options: HostOptions) -> Host:
    """A new run of a task, begun but not started: its folder, locks and journal exist.

    Raises PreflightError (this version cannot deploy it), LockHeld (a run of this task is under way in this results
    folder), OSError and JournalWriteError (the folder cannot be written).
    """
    refuse_what_is_not_built(loaded.task)
    folder = new_run_folder(results_dir, loaded.task.task_name)
    with contextlib.ExitStack() as undo:
        undo.callback(_take_back, folder)
        locks = _acquire(folder, options, undo)
        task = redacted(loaded.task.model_dump(mode="json"))
        write_json(task, folder.task_file)
        token = f"{folder.run_id}-{secrets.token_hex(8)}"
        run = _hold(folder, loaded.task, plan, locks, RunState(), token, undo)
        started: dict[str, Any] = {"run_id": folder.run_id, "task": task, "plan": plan.to_json()}
        run.ledger.record(RunStarted(**started, versions=versions(), machine=this_machine()))
        _record_host(run, resumed=False)
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


def resume_run(folder: RunFolder, options: HostOptions) -> Host:
    """A run that was stopped or died, taken in hand again: what its last host left running is ended, finished
    experiments stay, the one under way is begun again.

    Raises NotResumable, LockHeld, OSError and JournalWriteError.
    """
    with contextlib.ExitStack() as undo:
        locks = _acquire(folder, options, undo)
        events, health = read_with_health(folder.journal)
        state = RunState.of(events)
        _refuse_what_cannot_go_on(folder, state, health)
        again = _to_measure_again(state, options)
        if state.end is not None and state.end.reason == "completed" and not state.queue and not again:
            _renew_results(folder, state)
            raise NotResumable(f"run {folder.run_id} is complete; `report {folder.run_id}` shows it")
        _return_to(state.machine.get("folder"))
        task, plan = _as_it_was(state)
        in_trouble = state.end.reason in TROUBLES if state.end is not None else trouble_of(state) is not None
        last_host = state.host
        assert last_host is not None
        run = _hold(folder, task, plan, locks, state, last_host.token, undo)
        under_way = [(e.id, a.attempt) for e in state.experiments.values() for a in e.attempts if a.ended is None]
        _record_host(run, resumed=True)
        clear_up_after(last_host, run, under_way)
        for warning in health.warnings():
            run.ledger.record(RunNote(text=warning, level="warning", code="journal_damaged"))
        if in_trouble:
            again = list(dict.fromkeys((*again, *failed_by_surroundings(state))))
        queue_again(run.ledger, [state.experiments[number] for number in again])
        tell_of_neighbours(run)
        host = Host(run, options)
        undo.pop_all()
        return host


def _refuse_what_cannot_go_on(folder: RunFolder, state: RunState, health: JournalHealth) -> None:
    """Raises NotResumable where there is no run, or one that this version would go on with wrongly."""
    if health.is_newer:
        raise NotResumable(
            f"a newer version of autotuner-tui recorded run {folder.run_id} (its journal is of version "
            f"{health.version}): go on with that one; `report {folder.run_id}` shows as much as this one understands"
        )
    if not state.run_id or state.host is None:
        damaged = " ".join(("", *health.warnings())) if health.damaged else ""
        raise NotResumable(f"{folder.journal} holds no run that was started; begin a new one{damaged}")


def _renew_results(folder: RunFolder, state: RunState) -> None:
    """A host that died between its last event and the results file left an older one, or none. That of another run of
    the task is left alone. Raises OSError."""
    try:
        there = json.loads(folder.results_file.read_text(encoding="utf-8"))
        mine = isinstance(there, dict) and there.get("run_id") == folder.run_id
    except (FileNotFoundError, ValueError):
        mine = True
    if mine:
        write_json(results_document(state), folder.results_file)


def _return_to(folder: str | None) -> None:
    """Relative paths in a task are relative to where its run began. Raises NotResumable where that is gone."""
    if folder is None or folder == str(Path.cwd()):
        return
    try:
        os.chdir(folder)
    except OSError as error:
        raise NotResumable(f"the run began in {folder}, to which its paths are relative: {error.strerror}") from error


def _to_measure_again(state: RunState, options: HostOptions) -> list[int]:
    """The experiments that were asked for by number, or as failed. Raises NotResumable where there is none such."""
    if options.rerun == "failed":
        failed = [experiment.id for experiment in state.experiments.values() if experiment.status == "failed"]
        if not failed:
            raise NotResumable(f"no experiment of run {state.run_id} has failed: there is nothing to measure again")
        return failed
    if unknown := [number for number in options.rerun if number not in state.experiments]:
        raise NotResumable(f"run {state.run_id} has no experiment {unknown[0]}; it has {len(state.experiments)}")
    return list(options.rerun)


def _as_it_was(state: RunState) -> tuple[Task, Plan]:
    """The recorded task and its plan, made again. Raises NotResumable where this version plans it differently: its
    experiments would be others under the same numbers."""
    try:
        task = task_from_json(with_secrets(state.task))
    except SecretsMissing as error:
        raise NotResumable(str(error)) from error
    plan = build_plan(task)
    now = plan.to_json()
    if state.plan and any(now[part] != state.plan.get(part) for part in ("experiments", "levels")):
        tuner = state.versions.get("autotuner-tui", "another version")
        raise NotResumable(
            f"autotuner-tui {tuner} planned this run differently: go on with that one, or begin a new run"
        )
    return task, plan


def _acquire(folder: RunFolder, options: HostOptions, undo: contextlib.ExitStack) -> tuple[FileLock, ...]:
    """The task's lock, then the run's. Nothing is kept where one of them is held; an empty new folder goes again."""
    locks = tuple(FileLock(path, folder.run_id) for path in (folder.task_lock, folder.host_lock))
    undo.callback(_remove_if_empty, folder.root)
    for lock in locks:
        lock.acquire(options.take_over)
        undo.callback(lock.release)
    return locks


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _hold(
    folder: RunFolder,
    task: Task,
    plan: Plan,
    locks: tuple[FileLock, ...],
    state: RunState,
    token: str,
    undo: contextlib.ExitStack,
) -> HeldRun:
    control, guard = Control(), LockGuard(locks)
    journal = Journal(folder.journal, guard.check)
    undo.callback(journal.close)
    secrets_of_task = Secrets.of_task(task.local.env if task.local else {})
    ledger = Ledger(journal, state, control, secrets_of_task)
    return HeldRun(folder, task, plan, token, journal, ledger, control, locks, guard, _listening(folder, undo))


def _listening(folder: RunFolder, undo: contextlib.ExitStack) -> ControlSocket | None:
    """The control socket; None where there can be none, which is no reason not to run."""
    try:
        listening = ControlSocket(socket_path(folder))
    except OSError as error:
        log.warning("no control socket: %s", error)
        return None
    undo.callback(listening.close)
    return listening


def _record_host(run: HeldRun, resumed: bool) -> None:
    me, path = run.locks[0].me, str(run.socket.path) if run.socket is not None else None
    run.ledger.record(
        HostStarted(
            pid=me.pid,
            host=me.host,
            started=me.started,
            token=run.token,
            resumed=resumed,
            machine=me.machine,
            socket=path,
        )
    )
    if path is None:
        text = f"this run cannot be steered from outside: {socket_path(run.folder)} cannot be bound; signals work"
        run.ledger.record(RunNote(text=text, level="warning", code="no_control_socket"))


def _enter_into_index(run: HeldRun) -> None:
    try:
        record_run(run.folder)
    except OSError as error:
        text = f"this run is not in the list of runs ({error}); name it by its folder {run.folder.root}"
        run.ledger.record(RunNote(text=text, level="warning", code="not_in_index"))
