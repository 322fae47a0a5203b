"""The values that a parameter takes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autotuner_core.task.parameters import BoolParameter, ChoiceParameter, RangeParameter

MOST_VALUES = 10_000
_SIGNIFICANT = 6
"""Digits kept of a value on a log scale, or of a count that does not divide evenly: 0.01 and not
0.010000000000000002."""


def values_of(parameter: ChoiceParameter | RangeParameter | BoolParameter) -> list[Any]:
    """The values in order: as listed; from `min` to `max`; false, then true.

    A range's values are exact decimals (0.8, 0.85, 0.9, 0.95), whole numbers where all of them are whole. Raises
    ValueError for a range that has no steps, or more than MOST_VALUES.
    """
    if parameter.type == "choice":
        return list(parameter.values)
    if parameter.type == "bool":
        return [False, True]
    if parameter.step is not None:
        return _numbers(_by_step(parameter))
    if parameter.count is None:
        raise ValueError("a range needs step or count")
    if parameter.scale == "log":
        return _by_ratio(parameter, parameter.count)
    return _numbers(_by_count(parameter, parameter.count))


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))


def _by_step(parameter: RangeParameter) -> list[Decimal]:
    low, high, step = _decimal(parameter.min), _decimal(parameter.max), _decimal(parameter.step or 0)
    if step <= 0 or (high - low) / step >= MOST_VALUES:
        raise ValueError(f"a range has at most {MOST_VALUES} values")
    return [low + index * step for index in range(int((high - low) / step) + 1)]


def _by_count(parameter: RangeParameter, count: int) -> list[Decimal]:
    low, high = _decimal(parameter.min), _decimal(parameter.max)
    inner = [_rounded(float(low + (high - low) * index / (count - 1))) for index in range(1, count - 1)]
    return [low, *map(_decimal, inner), high]


def _by_ratio(parameter: RangeParameter, count: int) -> list[Any]:
    """Equal ratios between the values; whole numbers where both ends are whole and rounding keeps them apart."""
    if parameter.min <= 0:
        raise ValueError("a log scale needs a min above 0")
    ratio = parameter.max / parameter.min
    exact = [parameter.min * ratio ** (index / (count - 1)) for index in range(1, count - 1)]
    whole = [round(value) for value in (parameter.min, *exact, parameter.max)]
    if parameter.min.is_integer() and parameter.max.is_integer() and len(set(whole)) == count:
        return list(whole)
    return _numbers([_decimal(value) for value in (parameter.min, *map(_rounded, exact), parameter.max)])


def _rounded(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT}g}")


def _numbers(values: list[Decimal]) -> list[Any]:
    if all(value == value.to_integral_value() for value in values):
        return [int(value) for value in values]
    return [float(value) for value in values]
