"""A journal that a fault of the disk or a hand has changed: every screen stays, and says what it cannot know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_tui.views.notice import damaged_words
from recorded_run import Driven, driven, recorded
from recordings import PLAN, TASK, beginning, scored

UNDER_WAY: dict[str, Any] = {"experiment": 2, "attempt": 1}
FORGED = [
    {"plan": {**PLAN, "levels": levels}}
    for levels in (None, -1, 10**9, "two", ["two"], [None], [{"index": "1"}], {"index": 1}, [{"index": [1]}])
] + [
    {"plan": {**PLAN, "baseline": "1"}},
    {"task": {**TASK, "optimization": []}},
    {"task": {**TASK, "optimization": {"objective": "maximize_throughput", "slo": "quick"}}},
    {"task": {**TASK, "benchmark": 1}},
    {"task": {**TASK, "fixed": "none"}},
    {"task": {**TASK, "parameters": ["slots"]}},
]


def run_with(place: Path, changes: dict[str, Any]) -> RunFolder:
    """A run with a score and a level under way, whose first record is changed."""
    level = ev.LevelStarted(**UNDER_WAY, level=1, scenario="D(100,100)", concurrency=2, max_requests=100)
    under_way = [ev.AttemptStarted(**UNDER_WAY), ev.StageChanged(**UNDER_WAY, stage="benchmarking"), level]
    folder = recorded(place, [*beginning(3), *scored(1, 1000.0), *under_way])
    first, *others = folder.journal.read_text().splitlines(keepends=True)
    folder.journal.write_text(json.dumps({**json.loads(first), **changes}) + "\n" + "".join(others))
    return folder


async def see_all(run: Driven) -> None:
    """Every screen of a run, one after the other."""
    for key, words in (("enter", "experiment "), ("v", "anking"), ("l", "engine")):
        await run.press(key)
        await run.sees(words)
        await run.press("escape")
        await run.sees("Experiments")


@pytest.mark.parametrize("changes", FORGED, ids=lambda changes: json.dumps(changes)[:60])
def test_a_forged_beginning_is_told_as_damage_and_ends_no_screen(tmp_path: Path, changes: dict[str, Any]) -> None:
    async def look(run: Driven) -> None:
        await run.sees(damaged_words(1)[:40], "✔ ok")
        await see_all(run)

    driven(run_with(tmp_path, changes), look)


@pytest.mark.parametrize("index", [-3, 0, 10**40])
def test_a_level_of_a_number_that_no_plan_has_ends_no_screen(tmp_path: Path, index: int) -> None:
    async def look(run: Driven) -> None:
        await run.sees("1000")
        await see_all(run)

    driven(run_with(tmp_path, {"plan": {**PLAN, "levels": [{"index": index}]}}), look)
