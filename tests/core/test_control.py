"""Every wait obeys at once: a person who skips or stops never waits for a timeout."""

from __future__ import annotations

import threading
import time

import pytest

from autotuner_core.control import Control, Interrupted, Interruption, Scope


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


def test_a_skip_wakes_a_wait_of_an_hour_at_once() -> None:
    control, started = Control(), threading.Event()
    thread, reasons = interrupted_in_thread(control.scope(1), started)
    assert started.wait(10)
    control.skip(1)
    thread.join(10)
    assert reasons == [Interruption.SKIP]


def test_a_skip_that_comes_before_the_first_wait_is_not_lost() -> None:
    control = Control()
    control.skip(1)
    with pytest.raises(Interrupted):
        control.scope(1).check()


def test_a_skip_of_an_experiment_that_is_over_does_not_end_its_rerun() -> None:
    control = Control()
    control.skip(1)
    control.forget_skip(1)
    control.scope(1).check()


def test_stop_at_once_is_never_softened_by_a_later_graceful_stop() -> None:
    control = Control()
    control.stop(Interruption.STOP_NOW)
    control.stop(Interruption.STOP)
    assert control.stopping is Interruption.STOP_NOW


def test_a_condition_that_another_thread_announces_is_seen() -> None:
    control, asked, done = Control(), threading.Event(), threading.Event()

    def announce() -> None:
        asked.wait(10)
        done.set()
        control.notify()

    def condition() -> bool:
        asked.set()
        return done.is_set()

    threading.Thread(target=announce, daemon=True).start()
    assert control.scope(1).wait_until(condition, seconds=3600)


def test_a_condition_that_nobody_announces_is_found_by_polling() -> None:
    at = time.monotonic() + 0.02
    assert Control().scope(1).wait_until(lambda: time.monotonic() > at, seconds=10, poll=0.005)


def test_a_wait_has_a_deadline() -> None:
    assert not Control().scope(1).wait_until(lambda: False, seconds=0.01)


def test_what_is_announced_while_a_condition_is_looked_at_is_not_slept_through() -> None:
    control, looks = Control(), []

    def changes_while_it_is_looked_at() -> bool:
        looks.append(True)
        control.notify()
        return len(looks) > 1

    waiter = threading.Thread(
        target=lambda: Scope(control).wait_until(changes_while_it_is_looked_at, 3600), daemon=True
    )
    waiter.start()
    waiter.join(30)
    assert not waiter.is_alive()
