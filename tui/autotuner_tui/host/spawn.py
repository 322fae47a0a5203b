"""Starting the host of a run as a process in a session of its own: a closed terminal, a Ctrl+C there or the end of
whoever started it do not reach it.

The order goes through the child's stdin, so that the task is the one that was read and checked here (it may have come
from a pipe, or have been edited since), and no argument list shows it. The answer comes through a pipe of its own.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from autotuner_core.run.folder import RunFolder
from autotuner_tui.cli.exits import NO_WINNER, UserError
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.words import plain
from autotuner_tui.host.answer import folder_in
from autotuner_tui.host.order import Order

PROGRAM = Path(__file__).with_name("__main__.py")
PATIENCE_SECONDS = 5.0
LAST_LINES = 5


@dataclass(frozen=True)
class HostProcess:
    """A run under way, and the process that carries it out: a child of this one as long as this one lives."""

    folder: RunFolder
    process: subprocess.Popen[bytes]


def _on_stderr(message: str) -> None:
    Outlet(sys.stderr).line(f"{message} (Ctrl+C ends it)")


def spawn_host(order: Order, say: Callable[[str], None] = _on_stderr) -> HostProcess:
    """Start the host and wait until the run exists. `say` is told where that takes long.

    Ctrl+C meanwhile is handed on to the host, a second one kills it (KeyboardInterrupt).
    Raises UserError where the run cannot begin: nothing of it is left then.
    """
    with tempfile.TemporaryFile() as printed:
        reading, writing = os.pipe()
        try:
            process = _started(order.name, writing, printed)
        finally:
            os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            _send(order, process)
            line = _line(answer, process, say)
        try:
            return HostProcess(RunFolder(folder_in(line)), process)
        except UserError:
            process.wait()
            raise
        except ValueError as error:
            raise _died(process, printed) from error


def _started(name: str, answer: int, printed: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, str(PROGRAM), name, str(answer)],
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=printed,
            pass_fds=(answer,),
            start_new_session=True,
        )
    except OSError as error:
        raise UserError(f"no process can be started: {error}", code=NO_WINNER) from error


def _send(order: Order, process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    try:
        with process.stdin as stdin:
            pickle.dump(order, stdin)
    except BrokenPipeError:
        pass  # it has died: the missing answer tells


def _line(answer: IO[bytes], process: subprocess.Popen[bytes], say: Callable[[str], None]) -> bytes:
    """The host's line; empty where it died before it said one."""
    interrupted = False
    while True:
        try:
            if not select.select([answer], [], [], PATIENCE_SECONDS)[0]:
                say("the run is being taken in hand")
                select.select([answer], [], [])
            if not (line := answer.readline()) and interrupted:
                raise KeyboardInterrupt  # it had not come so far as to end by its own words
            return line
        except KeyboardInterrupt:
            if interrupted:
                process.kill()
                process.wait()
                raise
            interrupted = True
            process.send_signal(signal.SIGINT)


def _died(process: subprocess.Popen[bytes], printed: IO[bytes]) -> UserError:
    code = process.wait()
    printed.seek(0)
    last = printed.read()[-65536:].decode(errors="replace").splitlines()[-LAST_LINES:]
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    words = [f"the run's process ended before the run began ({how})", *(f"    | {plain(line)}" for line in last)]
    return UserError("\n".join(words), cure="`autotuner-tui doctor` looks at this machine", code=NO_WINNER)
