"""What is said when a view ends and its run does not: where the run is, how to come back, how to stop it, and what this
machine may do to it."""

from __future__ import annotations

import socket

from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import Holder
from autotuner_core.run.index import RunNotFound, find_run
from autotuner_core.run.run_state import RunState
from autotuner_tui.doctor.logout import danger_of
from autotuner_tui.headless.words import plain

LAST_LINES = 5


def name_of(folder: RunFolder) -> str:
    """How a command line names the run: by its id where that is enough, else by its folder."""
    try:
        if find_run(folder.run_id) == folder:
            return folder.run_id
    except (RunNotFound, OSError):
        pass  # it is in no list of this machine
    return str(folder.root)


def detached_lines(folder: RunFolder, holder: Holder | None, here: bool) -> list[str]:
    """The run goes on without this view."""
    name = name_of(folder)
    if holder is None:
        return [f"left the view; no process has the run in hand: `autotuner-tui resume {name}` goes on with it"]
    where = f"process {holder.pid}" if here else f"process {holder.pid} on {holder.host}"
    there = "" if here else f" (on {holder.host})"
    lines = [
        f"left the view; the run goes on ({where})",
        f"  come back: autotuner-tui attach {name}",
        f"  stop it:   autotuner-tui send {name} stop{there}",
    ]
    if here and (danger := danger_of(holder.pid)) is not None:
        lines += [f"  warning: {danger.words}", f"    {danger.cure}"]
    return lines


def hostless_lines(state: RunState, folder: RunFolder) -> list[str]:
    """The run has no end and no host any more: what is known of why, what may be left, how to go on."""
    if not folder.journal.exists():
        return ["the run's folder is gone: its host ends the run, as nothing could be kept of it"]
    name = name_of(folder)
    who = f"process {state.host.pid} on {state.host.host}" if state.host is not None else "its host"
    if state.host is not None and state.host.host != socket.gethostname():
        return [f"{who} has not been heard of for a minute: look there before `autotuner-tui resume {name}`"]
    lines = [f"no process has the run in hand any more: {who} ended without recording an end"]
    lines += [f"    | {plain(line)}" for line in _last_of_log(folder)]
    left = [f"{resource.kind} {resource.name}" for resource in state.resources.values()]
    if left:
        lines.append(f"  was under way: {', '.join(left)} (ends with its host; what escaped, `resume` ends)")
    return [*lines, f"  `autotuner-tui resume {name}` goes on with it"]


def _last_of_log(folder: RunFolder) -> list[str]:
    try:
        with folder.host_log.open("rb") as file:
            file.seek(max(0, folder.host_log.stat().st_size - 8192))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line.strip()][-LAST_LINES:]
