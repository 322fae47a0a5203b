"""A run that somebody else on this machine has in hand, though its lock is free: by another folder, since the folder of
a run may be copied, with all that it tells."""

from __future__ import annotations

import os

from autotuner_core.deploy.group import WATCHDOG
from autotuner_core.deploy.orphans import in_other_hands
from autotuner_core.deploy.strays import look
from autotuner_core.run.events import HostStarted
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import is_here, known_holder_of
from autotuner_core.run.index import recorded_runs
from autotuner_core.run.journal import read_journal


def who_else_has(folder: RunFolder, token: str) -> str | None:
    """Which other process of this machine has the run with this token in hand, and what can be done, in words; None
    where nobody is known to: neither a run in the list of runs tells of it, nor a process that was started for it."""
    folders = _folders_in_hand(folder, token)
    started = in_other_hands(token)
    pid = next(iter((*folders, *started)), None)
    if pid is None:
        return None
    other = folders.get(pid)
    told = f"run {folder.run_id} is under way already: {look(pid) or f'pid {pid}'} has it in hand"
    if engines := [str(stray) for stray in started.get(pid, ()) if WATCHDOG not in stray.command]:
        told += f", and has started {', '.join(engines[:2])}" + (", ..." if len(engines) > 2 else "")
    if other is None:
        return f"{told}, by a folder that is not in the list of runs. {folder.root} is a copy: stop that process first"
    return (
        f"{told}, by {other.root}. {folder.root} is a copy: `autotuner-tui attach {other.root}` shows that run, "
        f"`autotuner-tui send {other.root} stop` ends it"
    )


def _folders_in_hand(folder: RunFolder, token: str) -> dict[int, RunFolder]:
    """The other folders of this very run that a live process has in hand, by its pid."""
    found = {}
    for run in recorded_runs():
        holder = known_holder_of(run.folder.host_lock)
        if holder is None or not is_here(holder) or holder.pid == os.getpid() or run.folder == folder:
            continue
        if token in _tokens(run.folder):
            found[holder.pid] = run.folder
    return found


def _tokens(folder: RunFolder) -> set[str]:
    """The tokens of the run's hosts; none where its record cannot be read now."""
    try:
        return {event.token for event in read_journal(folder.journal) if isinstance(event, HostStarted)}
    except OSError:
        return set()
