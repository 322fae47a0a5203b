"""Keys from a real (pseudo) terminal, and that it is afterwards as it was."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from autotuner_tui.live.key_terminal import KeyTerminal
from on_terminal import on_terminal

JOB = """
import sys, time
from autotuner_tui.live.key_terminal import KeyTerminal
from autotuner_tui.live.waker import Waker
waker = Waker()
with KeyTerminal(0, waker.wake) as terminal:
    print("ready", flush=True)
    while True:
        if terminal.suspend_asked:
            terminal.suspend()
            print("continued", terminal.taken, flush=True)
        if waker.wait(30, 0):
            print("key", terminal.read(), flush=True)
"""
SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
for what in ("stopped", "ended"):
    os.waitpid(job, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    print("job", what, flush=True)
    if what == "stopped":
        sys.stdin.readline()
        os.tcsetpgrp(0, job)
        os.kill(job, signal.SIGCONT)
"""


def read(typed: bytes) -> str:
    ours, theirs = os.openpty()
    try:
        terminal = KeyTerminal(theirs, lambda: None)
        os.write(ours, typed)
        os.write(ours, b"\n")  # the terminal itself still gives whole lines: no process of ours is in its foreground
        return terminal.read().removesuffix("\n")
    finally:
        os.close(ours)
        os.close(theirs)


def test_arrows_and_other_keys_with_sequences_are_no_letters() -> None:
    assert read(b"\x1b[A\x1b[1;5D\x1bOD\x1b[15~") == ""
    assert read(b"p") == "p"


def test_what_is_pasted_steers_nothing() -> None:
    assert read(b"a pasted text with x, y and D in it") == ""


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with on_terminal([sys.executable, "-c", SHELL, JOB], environment) as terminal:
        terminal.shows("ready")
        assert terminal.takes_single_keys()
        terminal.press("\x1a")
        terminal.shows("job stopped")
        assert not terminal.takes_single_keys()
        terminal.press("fg\n")
        terminal.shows("continued True")
        assert terminal.takes_single_keys()
        terminal.press("p")
        terminal.shows("key p")
        terminal.press("\x03")
        terminal.shows("job ended")


def test_a_descriptor_that_is_no_terminal_gives_no_keys(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+") as file, KeyTerminal(file.fileno(), lambda: None) as terminal:
        assert not terminal.taken
    assert signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
