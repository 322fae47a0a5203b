"""Child processes in a group of their own, of which nothing is left: not after errors, not when the tuner is killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from autotuner_core.deploy.group import GROUP_VARIABLE, WATCHDOG, ProcessGroup
from autotuner_core.deploy.orphans import HOST_VARIABLE, host_mark
from autotuner_core.deploy.strays import TOKEN_VARIABLE

__all__ = ["TOKEN_VARIABLE", "NoSuchProgram", "ProcessGroup", "start_group"]

Stream = int | IO[bytes]

# setproctitle, which SGLang and vLLM use, overwrites what /proc shows of the environment, unless it finds this.
_READABLE = {"SPT_NOENV": "1"}

# The shell becomes the program (same pid, so that its exit code is ours to read); before, it leaves a watchdog in the
# group, which reads a pipe that only the tuner can write to. The pipe ends when the tuner ends, by whatever means.
# It ignores SIGTERM: a graceful stop cut short by kill -9 must not leave the engine. It is forked twice, so that the
# program has no child it does not know of.
_SCRIPT = """: autotuner-watchdog; pipe=$1; shift
( ( trap '' TERM INT HUP QUIT; exec <"$pipe" >/dev/null 2>&1; read -r _; kill -9 0 ) & )
exec "$@"
"""


class NoSuchProgram(FileNotFoundError):
    """There is no such program, or it cannot be executed."""


def start_group(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    log: Path | None = None,
    token: str,
    stdin: Stream | None = None,
    stdout: Stream | None = None,
    pass_fds: Sequence[int] = (),
    on_exit: Callable[[int], None] | None = None,
) -> ProcessGroup:
    """Start `argv` in a session and process group of its own, with a watchdog that ends it when this process ends.

    `env` is the whole environment; the token and the host's mark are added. Output goes to the end of `log` (nowhere
    without one), unless `stdout` is given (a file, a descriptor or subprocess.PIPE); stdin is empty unless given.
    `on_exit` is called once with the exit code, by a thread, as soon as the program has ended.
    Raises NoSuchProgram, and OSError where it cannot be started otherwise or `log` cannot be written.
    """
    program = shutil.which(argv[0], path=env.get("PATH"))
    if program is None:
        raise NoSuchProgram(f"no such program: {argv[0]}")
    group_id = uuid.uuid4().hex
    marks = {TOKEN_VARIABLE: token, HOST_VARIABLE: host_mark(), GROUP_VARIABLE: group_id}
    environment = {**env, **marks, **_READABLE}
    reading, writing = os.pipe()
    try:
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log is not None else subprocess.DEVNULL
            child = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT, WATCHDOG, f"/dev/fd/{reading}", program, *argv[1:]],
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=output if stdout is None else stdout,
                stderr=output,
                env=environment,
                cwd=cwd,
                pass_fds=(reading, *pass_fds),
                start_new_session=True,
            )
    except BaseException:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    return ProcessGroup(child, writing, group_id, on_exit)
