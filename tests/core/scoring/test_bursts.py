"""Whether an engine streams is told from what it did, not from how late the load generator read it."""

from __future__ import annotations

from autotuner_core.benchmark.base import RequestRow
from autotuner_core.scoring.request import came_at_once


def row(*chunks: float) -> RequestRow:
    return RequestRow(10, len(chunks), start=0.0, first_token=chunks[0], end=chunks[-1] + 0.0001, chunks=chunks)


def test_a_stream_that_a_late_reader_gets_in_bunches_is_still_a_stream() -> None:
    bunches = [0.8 + 0.05 * bunch + 0.00002 * n for bunch in range(3) for n in range(33)]
    assert not came_at_once(row(*bunches))


def test_an_answer_that_was_held_back_is_not_taken_for_a_stream() -> None:
    assert came_at_once(row(*(0.5 + 0.00003 * n for n in range(100))))


def test_a_fast_engine_is_not_taken_for_one_that_does_not_stream() -> None:
    assert not came_at_once(row(*(0.01 + 0.0005 * n for n in range(100))))
