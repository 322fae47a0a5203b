"""How many load generators share a level: as many as it needs, never more than have a core and a client."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autotuner_core.benchmark.base import ClientLoad, Level, LevelRun
from autotuner_core.benchmark.workers import CLIENTS_PER_WORKER, Workers


def level(concurrency: int, scenario: str = "D(10,10)") -> Level:
    return Level(1, scenario, concurrency, 10.0, 100, 1)


def bound(concurrency: int, workers: int, scenario: str = "D(10,10)") -> LevelRun:
    """A level in which so many load generators were the limit."""
    return LevelRun(level(concurrency, scenario), (), 0.0, 10.0, "requests", workers=workers)


def test_what_the_task_says_is_done_as_far_as_there_are_clients() -> None:
    workers = Workers(4, cores=2, parallel=1)
    assert [workers.of(level(concurrency)) for concurrency in (1, 3, 8)] == [1, 3, 4]
    assert workers.more(bound(8, 4)) is None


@pytest.mark.parametrize(
    ("clients", "cores", "parallel", "number"),
    [(1, 64, 1, 1), (CLIENTS_PER_WORKER, 64, 1, 1), (CLIENTS_PER_WORKER + 1, 64, 1, 2), (100_000, 8, 1, 8),
     (100_000, 8, 4, 2), (100_000, 2, 8, 1)],
)  # fmt: skip
def test_many_clients_get_more_as_far_as_there_are_cores(clients: int, cores: int, parallel: int, number: int) -> None:
    assert Workers(None, cores, parallel).of(level(clients)) == number


def test_a_level_whose_load_generator_was_the_limit_gets_more_until_all_cores_are_used() -> None:
    workers = Workers(None, cores=6, parallel=1)
    assert [workers.more(bound(16, number)) for number in (1, 2, 4, 6)] == [2, 4, 6, None]
    assert workers.of(level(16)) == 6


def test_the_experiments_that_follow_begin_with_what_was_learned() -> None:
    workers = Workers(None, cores=8, parallel=1)
    workers.more(bound(16, 1))
    asked = [(8, "D(10,10)"), (16, "D(10,10)"), (32, "D(10,10)"), (16, "D(20,20)")]
    assert [workers.of(level(*each)) for each in asked] == [1, 2, 2, 1]
    # Another experiment had begun the same level with one before that was known: it tries two, not four.
    assert workers.more(bound(16, 1)) == 2


def test_more_would_only_take_the_core_from_others_that_have_it() -> None:
    crowded = replace(bound(16, 1), client=ClientLoad(0.6, 0.02, 0.1, wait_share=0.38))
    assert Workers(None, cores=8, parallel=1).more(crowded) is None


def test_a_level_with_one_client_has_one() -> None:
    assert Workers(None, cores=8, parallel=1).more(bound(1, 1)) is None
