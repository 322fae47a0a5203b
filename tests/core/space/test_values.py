"""The values of a parameter are the ones a person would write down."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotuner_core.space.values import values_of
from autotuner_core.task.model import BoolParameter, ChoiceParameter, RangeParameter


def stepped(low: float, high: float, step: float) -> list[Any]:
    return values_of(RangeParameter(type="range", min=low, max=high, step=step))


def counted(low: float, high: float, count: int, scale: Any = "linear") -> list[Any]:
    return values_of(RangeParameter(type="range", min=low, max=high, count=count, scale=scale))


def same(found: list[Any], wanted: list[Any]) -> bool:
    """Equal, and of equal types: an engine takes 1 where it refuses 1.0."""
    return found == wanted and list(map(type, found)) == list(map(type, wanted))


def test_steps_are_exact_decimals_and_include_the_end() -> None:
    assert same(stepped(0.80, 0.95, 0.05), [0.8, 0.85, 0.9, 0.95])
    assert same(stepped(0.1, 0.7, 0.1), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    assert same(stepped(1, 10, 4), [1, 5, 9])
    assert same(stepped(-1, 1, 1), [-1, 0, 1])


def test_whole_numbers_stay_whole_and_fractions_are_all_floats() -> None:
    assert same(stepped(1, 2, 0.5), [1.0, 1.5, 2.0])
    assert same(counted(1, 10, 4), [1, 4, 7, 10])
    assert same(counted(0, 1, 3), [0.0, 0.5, 1.0])
    assert same(counted(0, 1, 4), [0.0, 0.333333, 0.666667, 1.0])


def test_a_log_scale_gives_the_powers_a_person_expects() -> None:
    assert same(counted(1024, 16384, 5, "log"), [1024, 2048, 4096, 8192, 16384])
    assert same(counted(0.001, 1, 4, "log"), [0.001, 0.01, 0.1, 1.0])
    assert same(counted(1, 1000, 4, "log"), [1, 10, 100, 1000])
    assert same(counted(1024, 16384, 4, "log"), [1024, 2580, 6502, 16384])


def test_choices_and_switches_come_as_listed() -> None:
    assert same(values_of(ChoiceParameter(type="choice", values=["b", 1, None, True])), ["b", 1, None, True])
    assert same(values_of(BoolParameter(type="bool")), [False, True])


def test_a_range_without_an_end_of_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        stepped(0, 1, 1e-9)
    with pytest.raises(ValueError, match="step or count"):
        values_of(RangeParameter(type="range", min=0, max=1))


@given(
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)),
    st.floats(0.001, 1e6).map(lambda x: round(x, 3)),
    st.integers(2, 50),
    st.sampled_from(["linear", "log"]),
)
def test_a_count_gives_so_many_rising_values_from_end_to_end(low: float, width: float, count: int, scale: str) -> None:
    high = low + width
    if (scale == "log" and low <= 0) or math.isclose(low, high, rel_tol=1e-3):
        return
    values = counted(low, high, count, scale)
    assert len(values) == count
    assert (values[0], values[-1]) == (low, high)
    assert all(one <= other for one, other in itertools.pairwise(values))
