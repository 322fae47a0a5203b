"""Runs of scripted_run.py on a terminal, and what tests look for when their view has gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from autotuner_core.run.events import RunEnded
from autotuner_core.run.holders import holder_of
from autotuner_core.run.journal import read_journal
from on_terminal import Terminal, on_terminal
from tests_environment import alone
from waiting import wait_for

RUN = Path(__file__).parent / "tui" / "scripted_run.py"
PLACE = os.pathsep.join([str(RUN.parent), str(RUN.parents[1]), *sys.path])
ENVIRONMENT = {**os.environ, "PYTHONPATH": PLACE}

SHELL = ["/bin/sh", "-m", "-c", '"$@"; echo the shell has it; read word; fg', "sh"]
"""A shell with jobs: it goes on where its program is suspended, and takes it up again at a line."""


@contextmanager
def running(folder: Path, *flags: str, before: Sequence[str] = ()) -> Iterator[tuple[Terminal, psutil.Process]]:
    """A screen whose run has measured both experiments and now waits, and the host of the run. `before`: the words of
    a program that starts it."""
    around = {**alone(folder.parent), "PYTHONPATH": PLACE}
    words = [*before, sys.executable, str(RUN), str(folder), "--endless", *flags]
    with on_terminal(words, around) as terminal:
        if "--lines" in flags:
            terminal.shows("exp 2 scored")
        else:
            terminal.sees("D detach", "2/2", "143 tokens/s")
        holder = holder_of(folder / "host.lock")
        assert holder is not None
        host = psutil.Process(holder.pid)
        try:
            yield terminal, host
        finally:
            if host.is_running():
                host.kill()


def given_back(terminal: Terminal) -> bool:
    """Whether the terminal is as a shell wants it: whole lines with echo, its own screen."""
    wait_for(lambda: not terminal.on_the_other_screen(), what="the screen to be left")
    return not terminal.takes_single_keys()


def ended(folder: Path) -> RunEnded | None:
    last = read_journal(folder / "journal.jsonl")[-1]
    return last if isinstance(last, RunEnded) else None


def refused(folder: Path, flag: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(RUN), str(folder), flag]
    environment = {**ENVIRONMENT, "XDG_STATE_HOME": str(folder.parent)}
    return subprocess.run(words, env=environment, text=True, capture_output=True, timeout=60)
