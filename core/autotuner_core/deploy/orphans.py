"""Processes whose host is gone: found by what their environment says of the host that started them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from autotuner_core.deploy.strays import TOKEN_VARIABLE, Stray, end_found, end_these, find_strays, look
from autotuner_core.run.processes import birth_of, same_process, this_machine_id

HOST_VARIABLE = "AUTOTUNER_HOST"
"""In the environment of everything that is started: which process did (`host_mark`)."""


_TOKEN = re.compile(r"([a-z0-9]+)-[0-9a-f]{16}")  # a run's: its id, and what tells it from all others


@dataclass(frozen=True)
class Orphan:
    """A process of a run (`run_id`; empty where it was not started for one) whose host does not live any more."""

    stray: Stray
    run_id: str

    def end(self, grace: float = 10.0) -> bool:
        """End it: SIGTERM, SIGKILL after `grace` seconds. False where it is still there then."""
        return not end_these([self.stray], grace)


@cache
def _mark_of(pid: int) -> str:
    started, born = psutil.Process(pid).create_time(), birth_of(pid)
    return "|".join((this_machine_id(), str(pid), repr(started), "" if born is None else repr(born)))


def host_mark() -> str:
    """This process, as the host of what it starts: its machine, pid and start."""
    return _mark_of(os.getpid())


def find_orphans() -> list[Orphan]:
    """All processes of this user on this machine that a host started which is gone. What was started in another
    container, or before a change of this variable, is never among them: nothing is known of its host."""
    found = (_orphan(pid) for pid in psutil.pids() if pid != os.getpid())
    return [orphan for orphan in found if orphan is not None]


def find_left(token: str) -> list[Stray]:
    """The processes with this token whose host is seen to be gone, or is this process."""
    return [stray for stray in find_strays(token) if _is_left(_environment(stray.pid).get(HOST_VARIABLE))]


def end_left(token: str, grace: float = 10.0) -> list[Stray]:
    """End those of `find_left`: SIGTERM, SIGKILL after `grace` seconds. Returns those that are still there."""
    return end_found(lambda: find_left(token), grace)


def in_other_hands(token: str) -> dict[int, list[Stray]]:
    """The processes with this token that another live process of this machine started, by the pid of that process."""
    found: dict[int, list[Stray]] = {}
    for stray in find_strays(token):
        mark = _environment(stray.pid).get(HOST_VARIABLE)
        if mark and mark != host_mark() and mark.startswith(f"{this_machine_id()}|") and _host_may_live(mark):
            found.setdefault(int(mark.split("|")[1]), []).append(stray)
    return found


def _is_left(mark: str | None) -> bool:
    return mark is not None and (mark == host_mark() or not _host_may_live(mark))


def _orphan(pid: int) -> Orphan | None:
    environment = _environment(pid)
    token, mark = environment.get(TOKEN_VARIABLE), environment.get(HOST_VARIABLE)
    if token is None or mark is None or _host_may_live(mark):
        return None
    stray = look(pid)
    return None if stray is None else Orphan(stray, run[1] if (run := _TOKEN.fullmatch(token)) else "")


def _host_may_live(mark: str) -> bool:
    try:
        machine, pid, started, born = mark.split("|")
        if machine != this_machine_id():
            return True
        return same_process(int(pid), float(started), float(born) if born else None)
    except ValueError:
        return True


def _environment(pid: int) -> Mapping[str, str]:
    """The environment a process of this user was started with; empty where it may not be read."""
    try:
        if psutil.LINUX:
            place = Path(f"/proc/{pid}")
            if place.stat().st_uid != os.getuid():
                return {}
            text = (place / "environ").read_bytes().decode("utf-8", "replace")
            return dict(line.partition("=")[::2] for line in text.split("\0") if line.startswith("AUTOTUNER_"))
        process = psutil.Process(pid)
        return process.environ() if process.uids().real == os.getuid() else {}
    except (OSError, psutil.Error):  # gone meanwhile
        return {}
