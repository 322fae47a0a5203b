"""Every wait obeys at once: a person who skips or stops never waits for a timeout."""

from __future__ import annotations

import threading
import time

import pytest

from autotuner_core.engine.control import Control, Interrupted, Interruption, Scope


def interrupted_in_thread(scope: Scope, started: threading.Event) -> tuple[threading.Thread, list[Interruption]]:
    reasons: list[Interruption] = []

    def wait() -> None:
        started.set()
        try:
            scope.wait(3600)
        except Interrupted as error:
            reasons.append(error.interruption)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread, reasons


@pytest.mark.parametrize("interruption", [Interruption.STOP, Interruption.STOP_NOW, Interruption.BUDGET])
def test_a_stop_ends_a_wait_of_an_hour_at_once(interruption: Interruption) -> None:
    control, started = Control(), threading.Event()
    thread, reasons = interrupted_in_thread(control.scope(1), started)
    assert started.wait(10)
    control.stop(interruption)
    thread.join(10)
    assert reasons == [interruption]


def test_a_skip_ends_only_its_own_experiment() -> None:
    control = Control()
    one, two = control.scope(1), control.scope(2)
    control.skip(1)
    with pytest.raises(Interrupted):
        one.check()
    two.check()


def test_a_skip_of_an_earlier_attempt_does_not_end_the_next() -> None:
    control = Control()
    control.skip(1)
    control.scope(1).check()


def test_stop_at_once_is_never_softened_by_a_later_graceful_stop() -> None:
    control = Control()
    control.stop(Interruption.STOP_NOW)
    control.stop(Interruption.STOP)
    assert control.stopping is Interruption.STOP_NOW


def test_a_condition_that_another_thread_announces_is_seen() -> None:
    control, done = Control(), threading.Event()
    thread = threading.Thread(target=lambda: (done.set(), control.notify()), daemon=True)
    thread.start()
    assert control.scope(1).wait_until(done.is_set, seconds=10)


def test_a_condition_that_nobody_announces_is_found_by_polling() -> None:
    at = time.monotonic() + 0.02
    assert Control().scope(1).wait_until(lambda: time.monotonic() > at, seconds=10, poll=0.005)


def test_a_wait_has_a_deadline() -> None:
    assert not Control().scope(1).wait_until(lambda: False, seconds=0.01)
