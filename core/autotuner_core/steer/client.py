"""Asking a run's host for something. Whoever steers (a screen, a script, a test) comes this way."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import Holder, holder_of, is_here
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from autotuner_core.steer.place import check_safe
from autotuner_core.steer.protocol import LONGEST_LINE, Answer, Command, ProtocolError, answer_of, new_id

__all__ = ["Answer", "NoHost", "ask", "socket_of"]


class NoHost(Exception):
    """Nobody is there who could be asked; the message says why, and what can be done instead."""


def ask(
    folder: RunFolder,
    command: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    timeout: float = 5.0,
    command_id: str | None = None,
) -> Answer:
    """Send a command to the run's host and wait for its answer, `timeout` seconds at most.

    Raises NoHost where the run has no host, its host is on another machine, or it does not answer, and where the run's
    record cannot be read now.
    """
    order = Command(command, dict(arguments or {}), command_id or new_id())
    path = socket_of(folder)
    try:
        check_safe(path.parent)
        return _exchange(path, order, time.monotonic() + timeout)
    except ProtocolError as error:
        raise NoHost(f"the host of run {folder.run_id} answered what is not understood here: {error}") from error
    except OSError as error:
        reason = error.strerror or str(error) or "no answer in time"
        raise NoHost(
            f"the host of run {folder.run_id} does not answer at {path} ({reason}); "
            "it binds a lost socket anew within seconds: try again, or see its host.log"
        ) from error


def socket_of(folder: RunFolder) -> Path:
    """The socket of the run's living host, on this machine. Raises NoHost, in words, where there is none."""
    run = folder.run_id
    try:
        state, holder = RunState.of(read_journal(folder.journal)), holder_of(folder.host_lock)
    except OSError as error:
        raise NoHost(f"the record of run {run} cannot be read now ({error.strerror}): try again") from error
    if holder is None:
        more = f"`autotuner-tui resume {run} --rerun N` measures an experiment once more, `report {run}` shows it"
        again = more if _is_complete(state) else f"`autotuner-tui resume {run}` goes on with it"
        raise NoHost(f"no process has run {run} in hand: {_how_it_ended(state)}; {again}")
    if not is_here(holder):
        raise NoHost(f"run {run} is in the hands of {_who(holder)}: steer it there (`autotuner-tui send {run} ...`)")
    if state.host is None or state.host.socket is None:
        raise NoHost(f"the host of run {run} ({_who(holder)}) has no control socket; SIGINT ends it cleanly")
    return Path(state.host.socket)


def _exchange(path: Path, order: Command, deadline: float) -> Answer:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(max(0.01, deadline - time.monotonic()))
        line.connect(str(path))
        line.sendall(order.line())
        received = b""
        while not received.endswith(b"\n"):
            if (left := deadline - time.monotonic()) <= 0:
                raise TimeoutError("no answer in time")
            line.settimeout(left)
            part = line.recv(LONGEST_LINE)
            if not part:
                raise ConnectionError("it closed the connection")
            received += part
    return answer_of(received)


def _is_complete(state: RunState) -> bool:
    return state.end is not None and not state.queue and not state.running


def _how_it_ended(state: RunState) -> str:
    return "its host is gone" if state.end is None else f"it has ended ({state.end.reason})"


def _who(holder: Holder) -> str:
    return f"process {holder.pid} on {holder.host}"
