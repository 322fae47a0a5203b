"""The process that hosts a run: takes its order from stdin, answers in one line, carries the run out.

It has a session of its own and no terminal. Until the run has a folder, what it prints goes to the file that its
starter gave it; from then on to the run's host.log.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from pathlib import Path

from autotuner_core.engine.host import Host
from autotuner_core.report.outcome import exit_code
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from autotuner_tui.cli.crash import save_traceback
from autotuner_tui.cli.descriptors import point_at_nothing, prepare_streams
from autotuner_tui.cli.exits import NO_WINNER, UserError
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.host.answer import Answer, begun_line, refused_line
from autotuner_tui.host.order import Order
from autotuner_tui.host.stop_by_signal import StopBySignal, log

LONGEST_WAIT_SECONDS = 3600.0


def host_process(descriptor: int) -> int:
    """Carry out the order on stdin; the descriptor takes the one line of the answer. Gives the exit code."""
    prepare_streams()
    answer = Answer(descriptor)
    try:
        order = _order()
        if order is None:
            return NO_WINNER  # whoever wanted the run has gone before it said what it is
        return _carry_out(order, answer)
    except Exception as error:
        what = f"a fault of the program: {type(error).__name__}: {error}"
        cure = f"the details are in {save_traceback(error)}; please report it with that file"
        Outlet(sys.stderr).line(f"{what}; {cure}")
        answer.say(refused_line(UserError(what, cure=cure, code=NO_WINNER)))
        return NO_WINNER


def _order() -> Order | None:
    """What is to be done, from the process that started this one: both are the same program."""
    with contextlib.suppress(EOFError, pickle.UnpicklingError):
        order: Order = pickle.load(sys.stdin.buffer)
        point_at_nothing(0)
        return order
    return None


def _carry_out(order: Order, answer: Answer) -> int:
    signals = StopBySignal(log.warning, Outlet(sys.stderr))
    with signals.watch():
        try:
            host = order.take_in_hand()
        except UserError as refusal:
            answer.say(refused_line(refusal))
            return refusal.code
        try:
            with contextlib.suppress(OSError):  # no room for a log is no reason against a run that was begun
                _print_into(host.folder.host_log)
            signals.hand_over(host)
            host.start()
            answer.say(begun_line(host.folder.root))
            while not host.wait(LONGEST_WAIT_SECONDS):
                pass
        finally:
            host.close()
    return _code(host)


def _code(host: Host) -> int:
    if host.error is not None:
        log.error("the run broke off: %s", host.error)
    return exit_code(RunState.of(read_journal(host.folder.journal)))


def _print_into(path: Path) -> None:
    """Whatever is printed from now on, also by a crash of the interpreter, is found beside the run's record."""
    sys.stdout.flush()
    sys.stderr.flush()
    log_file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    with contextlib.suppress(OSError):  # what was printed so far; a pipe in its place has no beginning
        os.write(log_file, os.pread(2, 65536, 0))
    for descriptor in (1, 2):
        os.dup2(log_file, descriptor)
    os.close(log_file)
