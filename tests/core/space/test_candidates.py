"""The configurations to measure: all of them, or a part that shows every value as often as any other."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotuner_core.space.candidates import Candidates, TooManyCandidates, candidates
from autotuner_core.space.constraints import ConstraintError
from autotuner_core.space.spread import spread
from autotuner_core.task.load import task_from_json


def of(parameters: dict[str, list[Any]], **changes: Any) -> Candidates:
    optimization = {"objective": "minimize_latency", **changes.pop("optimization", {})}
    listed = {name: {"type": "choice", "values": values} for name, values in parameters.items()}
    task = {"task_name": "t", "model": {"name": "m"}, "parameters": listed, "optimization": optimization, **changes}
    return candidates(task_from_json(task))


def counts(found: Candidates, name: str) -> list[int]:
    return list(Counter(str(configuration[name]) for configuration in found.chosen).values())


DOCUMENT = {
    "tp_size": [1, 2],
    "mem_frac": [0.8, 0.9],
    "max_total_tokens": [4096, 8192],
    "schedule_policy": ["lpm", "fcfs"],
}
DIGITS = {f"p{index}": list(range(10)) for index in range(9)}


def test_the_grid_is_whole_and_in_the_order_of_the_file() -> None:
    found = of({"a": [1, 2], "b": ["x", "y"]})
    assert [tuple(configuration.values()) for configuration in found.chosen] == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]
    assert (found.product, found.rejected, found.dropped, found.sampled) == (4, 0, 0, False)


def test_the_documents_four_of_sixteen_show_every_value_twice() -> None:
    found = of(DOCUMENT, optimization={"max_iterations": 4})
    assert (found.product, len(found.chosen), found.dropped) == (16, 4, 12)
    assert all(counts(found, name) == [2, 2] for name in DOCUMENT)


def test_a_part_keeps_the_order_of_the_grid() -> None:
    for found in (of(DOCUMENT, optimization={"max_iterations": 7}), of(DIGITS, optimization={"max_iterations": 30})):
        names = list(found.chosen[0])
        values = {name: sorted({row[name] for row in found.chosen}, key=str) for name in names}
        if names == list(DOCUMENT):
            values = DOCUMENT
        rows = [tuple(values[name].index(row[name]) for name in names) for row in found.chosen]
        assert rows == sorted(rows)


def test_no_two_parameters_more_than_needed_change_only_together() -> None:
    chosen = of(DOCUMENT, optimization={"max_iterations": 4}).chosen
    pairs = itertools.combinations(DOCUMENT, 2)
    together = [pair for pair in pairs if len({(row[pair[0]], row[pair[1]]) for row in chosen}) < 4]
    assert len(together) == 1  # four rows can keep three of four columns apart, and the fourth from two of them


def test_the_seed_decides_the_part_and_the_same_seed_gives_the_same() -> None:
    parts = [of(DOCUMENT, optimization={"max_iterations": 4, "seed": seed}).chosen for seed in range(8)]
    assert of(DOCUMENT, optimization={"max_iterations": 4, "seed": 3}).chosen == parts[3]
    assert len({str(part) for part in parts}) > 1


def test_constraints_leave_out_what_breaks_them_and_are_counted() -> None:
    found = of({"a": [1, 2, 4], "b": [1, 2]}, constraints=["a * b < 8", "a > b * extra"], fixed={"extra": 1})
    assert [(row["a"], row["b"]) for row in found.chosen] == [(2, 1), (4, 1)]
    assert (found.product, found.rejected) == (6, 4)


def test_a_constraint_without_an_answer_is_an_error_and_no_silent_drop() -> None:
    with pytest.raises(ConstraintError):
        of({"a": [1, "x"]}, constraints=["a > 0"])


def test_a_baseline_of_the_grid_is_always_among_the_part() -> None:
    for seed in range(5):
        baseline = {"tp_size": 2, "mem_frac": 0.8, "max_total_tokens": 8192, "schedule_policy": "lpm"}
        for strategy in ("grid_search", "random_search"):
            limits = {"max_iterations": 3, "seed": seed, "strategy": strategy}
            assert baseline in of(DOCUMENT, baseline=baseline, optimization=limits).chosen


def test_a_random_search_draws_by_chance_without_repeats() -> None:
    limits = {"max_iterations": 7, "strategy": "random_search"}
    found = of(DOCUMENT, optimization=limits)
    assert len({str(row) for row in found.chosen}) == 7
    assert found.chosen != of(DOCUMENT, optimization={"max_iterations": 7}).chosen


def test_a_space_of_a_billion_is_drawn_from_and_still_even() -> None:
    found = of(DIGITS, optimization={"max_iterations": 40})
    assert (found.product, len(found.chosen), found.sampled, found.dropped) == (10**9, 40, True, None)
    assert all(counts(found, name) == [4] * 10 for name in DIGITS)
    assert len({str(row) for row in found.chosen}) == 40


def test_a_space_of_a_billion_keeps_its_constraints() -> None:
    found = of(DIGITS, optimization={"max_iterations": 20}, constraints=["p0 < p1", "p2 != p3"])
    assert len(found.chosen) == 20
    assert all(row["p0"] < row["p1"] and row["p2"] != row["p3"] for row in found.chosen)


def test_a_space_of_a_billion_with_next_to_nothing_allowed_comes_to_an_end() -> None:
    found = of(DIGITS, optimization={"max_iterations": 5}, constraints=["p0 + p1 + p2 + p3 + p4 + p5 + p6 == 63"])
    assert len(found.chosen) < 5 and found.rejected > 0


def test_more_than_a_run_can_hold_is_refused() -> None:
    with pytest.raises(TooManyCandidates):
        of(DIGITS)
    with pytest.raises(TooManyCandidates):
        of(DIGITS, optimization={"max_iterations": 10_001})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(1, 60), st.integers(0, 99))
def test_any_part_is_as_even_as_it_can_be(sizes: list[int], limit: int, seed: int) -> None:
    parameters = {f"p{index}": list(range(size)) for index, size in enumerate(sizes)}
    found = of(parameters, optimization={"max_iterations": limit, "seed": seed})
    assert len(found.chosen) == min(limit, found.product)
    assert len({str(row) for row in found.chosen}) == len(found.chosen)
    for name, values in parameters.items():
        assert len(counts(found, name)) == min(len(values), len(found.chosen))
        assert max(counts(found, name)) <= -(-len(found.chosen) // len(values)) + 1


def test_a_large_list_is_spread_without_comparing_everything() -> None:
    points = list(itertools.product(range(20), range(20), range(20)))
    chosen = spread(points, 200, [20, 20, 20], random.Random(1))
    assert len(set(chosen)) == 200
    for place in range(3):
        assert set(Counter(point[place] for point in chosen).values()) == {10}
