"""A run in hand: its locks held, its journal open, its control socket bound. What a host is asked to do with it."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autotuner_core.control import Control
from autotuner_core.engine.ledger import Ledger
from autotuner_core.engine.placement import USUAL, Placement
from autotuner_core.engine.secrets import Secrets
from autotuner_core.plan.plan import Plan
from autotuner_core.run.events import HostStarted, RunNote
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import Journal
from autotuner_core.run.lock_guard import LockGuard
from autotuner_core.run.locks import FileLock
from autotuner_core.run.run_state import RunState
from autotuner_core.steer.place import socket_path
from autotuner_core.steer.server import ControlSocket
from autotuner_core.task.model import Task

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HostOptions:
    """`unattended`: nobody is there to cure and resume, so a run in trouble ends instead of pausing.
    `take_over`: take a lock that another host has not touched for a minute. `on_event`: a program and its arguments,
    started for each event (event_command.py). `rerun`: experiments that a resumed run measures once more, by number, or
    all that failed. `placement`: how the run reaches its servers; for a resumed one, what differs from its start."""

    unattended: bool = True
    take_over: bool = False
    on_event: tuple[str, ...] = ()
    rerun: tuple[int, ...] | Literal["failed"] = ()
    placement: Placement = USUAL


@dataclass(frozen=True)
class HeldRun:
    """A run taken in hand: locks held, journal open. `token` marks everything that is started for it; `left` are the
    attempts (experiment, attempt) that its last host left open, whose servers may still be up."""

    folder: RunFolder
    task: Task
    plan: Plan
    token: str
    journal: Journal
    ledger: Ledger
    control: Control
    locks: tuple[FileLock, ...]
    guard: LockGuard
    socket: ControlSocket | None = None
    placement: Placement = USUAL
    left: tuple[tuple[int, int], ...] = ()


def acquire(folder: RunFolder, options: HostOptions, undo: contextlib.ExitStack) -> tuple[FileLock, ...]:
    """The task's lock, then the run's. Nothing is kept where one of them is held; an empty new folder goes again.
    Raises LockHeld and OSError."""
    locks = tuple(FileLock(path, folder.run_id) for path in (folder.task_lock, folder.host_lock))
    undo.callback(_remove_if_empty, folder.root)
    for lock in locks:
        lock.acquire(options.take_over)
        undo.callback(lock.release)
    return locks


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def hold(
    folder: RunFolder,
    task: Task,
    plan: Plan,
    locks: tuple[FileLock, ...],
    state: RunState,
    token: str,
    undo: contextlib.ExitStack,
    placement: Placement = USUAL,
    left: tuple[tuple[int, int], ...] = (),
) -> HeldRun:
    """Open what a host works with. `state` is what the journal tells so far; `undo` takes everything back.

    Raises JournalWriteError.
    """
    control, guard = Control(), LockGuard(locks)
    journal = Journal(folder.journal, guard.check)
    undo.callback(journal.close)
    secrets_of_task = Secrets.of_task(task.local.env if task.local else {})
    ledger = Ledger(journal, state, control, secrets_of_task)
    listening = _listening(folder, undo)
    return HeldRun(folder, task, plan, token, journal, ledger, control, locks, guard, listening, placement, left)


def _listening(folder: RunFolder, undo: contextlib.ExitStack) -> ControlSocket | None:
    """The control socket; None where there can be none, which is no reason not to run."""
    try:
        listening = ControlSocket(socket_path(folder))
    except OSError as error:
        log.warning("no control socket: %s", error)
        return None
    undo.callback(listening.close)
    return listening


def record_host(run: HeldRun, resumed: bool) -> None:
    """Enter into the record who has the run in hand from now on. Raises JournalWriteError."""
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
