"""Numbers as people read them: a figure that is rounded wrongly or loses its unit misleads."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotuner_core.report import format as fmt
from autotuner_core.report.table import Column, table_lines


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1843.2, "1840"), (184.32, "184"), (18.432, "18.4"), (0.0018432, "0.00184"), (0, "0"), (-2.5, "-2.50"),
        (999.6, "1000"), (9_994_999, "9990000"), (9_996_000, "1.00e7"), (123456789, "1.23e8"), (-1e300, "-1.00e300"),
        (1.0e-4, "0.000100"), (9.994e-5, "9.99e-5"), (-2.5e-7, "-2.50e-7"), (9.996, "10.0"),
        (1.7976931348623157e308, "1.80e308"), (None, "-"), (math.inf, "-"), (math.nan, "-"),
    ],
)  # fmt: skip
def test_three_significant_digits(value: float | None, text: str) -> None:
    assert fmt.number(value) == text


@given(st.floats())
def test_any_figure_is_short_and_within_half_a_digit_of_what_it_says(value: float) -> None:
    text = fmt.number(value)
    assert len(text) <= len("-1.23e-308")
    if not math.isfinite(value):
        assert text == "-"
    elif abs(value) < fmt.NOTHING:
        assert text == "0"
    elif abs(value) < 1.79e308:  # what is above that is rounded to more than a float can hold
        assert float(text) == pytest.approx(value, rel=0.00501, abs=0)
        assert float(text) == float(f"{value:.2e}")


@given(st.floats(), st.floats())
def test_of_two_figures_the_greater_is_never_told_as_the_smaller(one: float, other: float) -> None:
    if one <= other and math.isfinite(one) and math.isfinite(other):
        assert float(fmt.number(one)) <= float(fmt.number(other))


@given(st.floats(), st.sampled_from(("output_throughput", "ttft.p95", "error_rate", "unknown")))
def test_any_figure_with_its_unit_fits_a_column(value: float, name: str) -> None:
    assert len(fmt.metric(value, name)) <= 20
    assert len(fmt.percent(value, signed=True)) <= 14
    assert len(fmt.duration(abs(value))) <= 14


def test_noise_of_the_arithmetic_is_not_told_as_a_figure() -> None:
    assert fmt.number(2.57e-14) == "0"
    assert fmt.noise(2.57e-14, 0.1, "e2e_latency.mean") == "± under 0.1 %"
    assert fmt.noise(4.0, 140.0, "output_throughput") == "± 4.00 tokens/s"


def test_values_carry_their_unit() -> None:
    assert fmt.metric(0.0654, "ttft.p95") == "65.4 ms"
    assert fmt.metric(2.5, "e2e_latency.mean") == "2.50 s"
    assert fmt.metric(1843.2, "output_throughput") == "1840 tokens/s"
    assert fmt.metric(0.05, "error_rate") == "0.0500"
    assert fmt.percent(0.3141, signed=True) == "+31.4 %"
    assert fmt.percent(-0.02, signed=True) == "-2.00 %"


def test_durations_and_parameters() -> None:
    assert [fmt.duration(s) for s in (0.42, 59.6, 185, 3725, None)] == [
        "0.4 s",
        "1 min 0 s",
        "3 min 5 s",
        "1 h 2 min",
        "-",
    ]
    assert fmt.parameters({"a": True, "b": None, "c": 0.85, "d": "x\ny"}) == "a=true b=null c=0.85 d=x y"
    assert fmt.parameters({}) == "(no parameters)"


def test_a_table_gives_up_what_it_can_spare_before_it_cuts_names() -> None:
    columns = [
        Column("name", ("a-long-configuration",)),
        Column("score", ("12",), right=True),
        Column("x", ("y",), spare=1),
    ]
    assert table_lines(columns, 80)[1] == "a-long-configuration     12  y"
    assert table_lines(columns, 28) == ["name                  score", "a-long-configuration     12"]
    assert table_lines(columns, 20) == ["name           score", "a-long-confi…     12"]
