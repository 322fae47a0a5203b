"""A stop by a signal is known to everybody who looks at the run, before it has ended."""

from __future__ import annotations

import signal
from pathlib import Path

from autotuner_core.control import Interruption
from autotuner_core.run import events as ev
from autotuner_core.run.journal import read_journal
from tests.core.engine.held import held
from waiting import wait_for


def test_a_signal_to_the_host_is_in_the_record_with_its_name_and_before_the_end(tmp_path: Path) -> None:
    host = held(tmp_path / "results")
    try:
        host.stop(Interruption.STOP, signal=int(signal.SIGTERM))
        wait_for(lambda: host.run.ledger.read(lambda state: state.stopping is not None))
        host.stop(Interruption.STOP_NOW, signal=int(signal.SIGINT))
        host.start()
        assert host.wait(30)
    finally:
        host.close()
    events = read_journal(host.folder.journal)
    asked = [event for event in events if isinstance(event, ev.StopAsked)]
    assert [(event.by, event.now) for event in asked] == [("SIGTERM", False), ("SIGINT", True)]
    assert isinstance(events[-1], ev.RunEnded)


def test_a_stuck_journal_does_not_keep_a_signal_from_ending_the_run(tmp_path: Path) -> None:
    host = held(tmp_path / "results")
    try:
        with host.run.ledger.held():
            host.stop(Interruption.STOP, signal=int(signal.SIGINT))  # returns, and every wait ends
            assert host.run.control.stopping is Interruption.STOP
    finally:
        wait_for(lambda: host.run.ledger.read(lambda state: state.stopping is not None))
        host.close()
