"""The window in which the asked concurrency was held: a figure from outside of it makes every score wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotuner_core.benchmark.base import Level, LevelRun, RequestRow
from autotuner_core.scoring.window import Span, held_window, in_flight, most_in_flight
from closed_loop import Loop


def run_of(*spans: tuple[float, float | None], concurrency: int = 1, ended: float = 10.0) -> LevelRun:
    rows = tuple(RequestRow(1, 1, start=start, end=end) for start, end in sorted(spans, key=lambda span: span[0]))
    return LevelRun(Level(1, "D(1,2)", concurrency, 60, 100, 1), rows, 0.0, ended, "time")


def test_opens_when_the_last_client_begins_and_not_before() -> None:
    window = held_window(run_of((0, 4), (1, None), (2, None), (4.1, None), concurrency=3))
    assert window is not None
    assert window.start == 2


def test_the_short_gap_between_two_requests_of_a_client_does_not_end_the_window() -> None:
    window = held_window(run_of((0, 3), (0.5, 5), (3.1, None), (5.1, None), concurrency=2))
    assert window == Span(0.5, 10.0)


def test_ends_with_the_first_client_that_sends_nothing_any_more() -> None:
    """A load generator that lets the last requests run out: the tail at lower concurrency must not count."""
    window = held_window(run_of((0, 3), (0, 4), (3, 6), (4, 9), concurrency=2))
    assert window == Span(0, 6)


def test_ends_with_the_last_request_of_a_level_that_is_capped_by_its_number() -> None:
    window = held_window(run_of((0, 3), (0, 4), (3, 7), (4, None), concurrency=2, ended=7.0))
    assert window == Span(0, 7)


def test_requests_that_fail_at_once_neither_open_nor_close_it() -> None:
    spans: list[tuple[float, float | None]] = [(0, 0), (0.001, 0.002), (0.01, None), (0.02, 5), (5.001, 5.002)]
    window = held_window(run_of(*spans, (5.01, None), concurrency=2))
    assert window == Span(0.02, 10.0)


def test_there_is_none_where_the_concurrency_was_never_reached() -> None:
    """A server that turns clients away at once never had the load: its throughput is not that of the concurrency."""
    run = run_of((0, 1), (0.5, 0.6), (1.1, 3), concurrency=3)
    assert held_window(run) is None
    assert most_in_flight(run) == 2


def test_a_client_that_goes_on_in_the_same_microsecond_is_not_counted_twice() -> None:
    assert most_in_flight(run_of((0, 1), (1, 2), (2, 3))) == 1


def test_many_clients_whose_gaps_hide_the_full_number_still_have_a_window() -> None:
    """Of 40 clients one is always between two requests at the instant when the last one begins."""
    steady: list[tuple[float, float | None]] = [(0, None)] * 38
    run = run_of(*steady, (0, 2), (2.05, 2.08), (2.1, 4), (4.1, None), concurrency=40)
    assert most_in_flight(run) == 39
    assert held_window(run) == Span(0, 4)


def test_the_average_in_flight_counts_the_gaps() -> None:
    run = run_of((0, 4), (6, None))
    assert in_flight(run.rows, Span(0, 10), 10) == pytest.approx(0.8)


@settings(max_examples=60, deadline=None)
@given(
    concurrency=st.integers(1, 12),
    requests=st.integers(20, 80),
    gap=st.floats(0.0001, 0.02),
    ramp=st.floats(0, 0.04),
    errors=st.sampled_from((0.0, 0.03)),
    seconds=st.sampled_from((2.0, 1000.0)),
    seed=st.integers(0, 10_000),
)
def test_agrees_with_what_the_clients_really_did(
    concurrency: int, requests: int, gap: float, ramp: float, errors: float, seconds: float, seed: int
) -> None:
    """The rows do not say which client sent them; the window must be the one that the clients know."""
    loop = Loop(
        concurrency, requests, seconds, gap=(gap, gap), ramp=ramp, errors=errors, error_seconds=0.001, seed=seed
    )
    run = loop.run()
    if len(run.rows) < 2 * concurrency:
        return
    window = held_window(run)
    assert window is not None
    if errors == 0:
        assert window.start == max(loop.first_starts)
    first_without = min((end for end in loop.last_ends if end is not None), default=run.ended)
    assert window.end == first_without
