"""Figures that are kept small are the same figures."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from autotuner_core.run.lean import Lean, Moments, lean

FIGURES: dict[str, Any] = {f"metric.p{number}": number / 7 for number in range(60)} | {
    "basis": "window",
    "unsure": ["p99"],
    "num_requests": 40,
    "odd": None,
}


def test_a_figure_is_found_by_its_name_and_a_missing_one_is_missed() -> None:
    kept = lean(FIGURES)
    assert kept == FIGURES and dict(kept) == FIGURES and list(kept) == list(FIGURES)
    assert isinstance(kept["num_requests"], int) and json.dumps(dict(kept)) == json.dumps(FIGURES)
    assert kept["metric.p3"] == 3 / 7 and kept.get("nothing") is None and "basis" in kept
    with pytest.raises(KeyError):
        kept["nothing"]
    assert lean(kept) is kept and lean({"a": 1}) == {"a": 1}


def test_the_names_of_many_are_kept_once() -> None:
    texts = [json.dumps(FIGURES) for _ in range(300)]
    tracemalloc.start()
    try:
        plain = [json.loads(text) for text in texts]
        before, _ = tracemalloc.get_traced_memory()
        small = [lean(json.loads(text)) for text in texts]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(isinstance(figures, Lean) for figures in small) and len(plain) == 300
    assert after - before < before / 2


def test_what_decided_a_score_is_the_same_figures_and_not_kept_twice() -> None:
    kept = Lean.of(FIGURES)
    some = {"metric.p7": 1.0, "basis": "window", "metric.p3": 3 / 7, "levels": 1}
    look = kept.picked(some)
    assert look == some and list(look or ()) == list(some)
    assert kept.picked({f"metric.p{number}": -1.0 for number in range(9)}) is None
    assert kept.picked({"num_requests": 40.0}) != {"num_requests": 41} and kept == FIGURES


def test_stages_come_back_in_order_with_their_times() -> None:
    stages = Moments()
    for at, stage in enumerate(("deploying", "waiting", "deploying")):
        stages.append((stage, at / 7))
    assert list(stages) == [("deploying", 0.0), ("waiting", 1 / 7), ("deploying", 2 / 7)]
    assert stages[-1] == ("deploying", 2 / 7) and stages[1:] == list(stages)[1:]
    assert next(reversed(stages)) == stages[2]
    assert stages != Moments() and not Moments()
