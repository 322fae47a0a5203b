"""Many experiments at once begin one after the other, and one that frees its place is not made to wait."""

from __future__ import annotations

from autotuner_core.engine.starts import AT_ONCE, Starts

GAP = 0.5


def moments(starts: Starts, count: int, now: float) -> list[float]:
    """When each of so many begins that all could begin now."""
    begun = []
    for _ in range(count):
        now += starts.seconds_left(now) or 0.0
        starts.begun(now)
        begun.append(round(now, 6))
    return begun


def test_a_burst_is_spread_over_time() -> None:
    begun = moments(Starts(GAP), AT_ONCE + 3, 100.0)
    assert begun == [100.0] * AT_ONCE + [100.5, 101.0, 101.5]


def test_who_begins_after_a_while_does_not_wait() -> None:
    starts = Starts(GAP)
    moments(starts, 10, 100.0)
    assert moments(starts, 1, 200.0) == [200.0]


def test_a_clock_that_is_set_back_holds_nobody_up() -> None:
    starts = Starts(GAP)
    moments(starts, 10, 5000.0)
    assert moments(starts, 2, 100.0) == [100.0 + GAP, 100.0 + 2 * GAP]


def test_without_a_gap_all_begin_at_once() -> None:
    assert moments(Starts(0.0), 50, 100.0) == [100.0] * 50
