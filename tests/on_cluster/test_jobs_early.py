"""Where OME starts a BenchmarkJob before the engine answers (0.1.3 does), its pod starts and imports meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autotuner_core.run import events as ev
from on_cluster.in_jobs import UNHURRIED, TunerInJobs

Loads = Callable[..., TunerInJobs]
pytestmark = [pytest.mark.genai_bench, pytest.mark.slow]


def two(second: float, **optimization: Any) -> dict[str, Any]:
    """Changes to a task: an engine that is quick, then one that takes so many seconds to start."""
    return {
        "parameters": {"startup_delay": {"type": "choice", "values": [1, second]}},
        "baseline": {"startup_delay": 1},
        "optimization": {"timeout_per_iteration": 60, **optimization},
        "benchmark": {**UNHURRIED, "traffic_scenarios": ["D(10,400)"]},
    }


def made_early(run: TunerInJobs) -> list[bool]:
    """Of each experiment, in the order in which they were begun: whether its job was there before it was ready."""
    stages = [stage for stage in run.of(ev.StageChanged) if stage.stage in ("benchmarking", "cleaning_up")]
    first = {stage.experiment: stage.seq for stage in reversed(stages)}
    made = [event for event in run.of(ev.ResourceCreated) if event.kind == "BenchmarkJob"]
    return [event.seq < first[event.experiment] for event in made]


def test_a_pod_that_loads_starts_while_its_engine_does_once_a_launcher_has_reported(
    loads: Loads, either_ome: str
) -> None:
    run = loads(**two(6))
    assert run.run() == 0, run.said()
    assert [end.outcome for end in run.of(ev.AttemptEnded)] == ["scored", "scored"]
    assert not [note for note in run.of(ev.RunNote) if note.level == "warning"]
    if either_ome == "0.1.3":
        assert made_early(run) == [False, True]
    run.check_nothing_is_left()


def test_an_engine_that_never_answers_leaves_no_job_that_was_made_early(loads: Loads) -> None:
    run = loads(**two(90, timeout_per_iteration=15))
    run.run()
    assert [end.cause for end in run.of(ev.AttemptEnded)] == [None, "not_ready_in_time"], run.said()
    assert made_early(run) == [False, True]
    run.check_nothing_is_left()


def test_a_tuner_that_is_killed_before_its_engine_answers_begins_the_job_again(loads: Loads) -> None:
    run = loads(**two(9))

    def second(events: Any) -> bool:
        return len([e for e in events if isinstance(e, ev.ResourceCreated) and e.kind == "BenchmarkJob"]) == 2

    assert run.kill_at(run.begin(), second), "it had ended before"
    run.finish()
    assert [end.outcome for end in run.of(ev.AttemptEnded)] == ["scored", "interrupted", "scored"]
    run.check_nothing_is_left()
