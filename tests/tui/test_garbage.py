"""Python's search for garbage: where it goes through a long run's record, keys wait for it."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest

from autotuner_tui.bridge import RunBridge
from autotuner_tui.garbage import collect_from_now_on, reading_what_stays
from autotuner_tui.live.host_look import HostLook
from recorded_run import recorded
from recordings import beginning, scored, stamped


def test_what_a_record_holds_is_not_gone_through_for_garbage_and_later_things_are(tmp_path: Path) -> None:
    folder = recorded(tmp_path, stamped([*beginning(20), *(event for n in range(1, 21) for event in scored(n, 9.0))]))
    there = threading.Event()
    bridge = RunBridge(folder, HostLook(folder), 60.0, there.set)
    bridge.start()
    assert there.wait(60)
    news = bridge.take()
    bridge.stop()
    assert news is not None and news.beginning is not None
    gone_through = {id(thing) for thing in gc.get_objects()}
    assert not [e for e in news.beginning.experiments.values() if id(e) in gone_through]
    assert gc.isenabled()


def test_garbage_is_looked_for_again_after_a_record_that_cannot_be_read() -> None:
    with pytest.raises(ValueError), reading_what_stays():
        raise ValueError
    assert gc.isenabled()


def test_of_two_records_the_shorter_one_does_not_let_the_search_loose_on_the_longer_one() -> None:
    with reading_what_stays():
        with reading_what_stays():
            pass
        collect_from_now_on()
        assert not gc.isenabled()
    assert gc.isenabled()
