"""Which limits the winner never reached: only what was seen of every level may be said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from autotuner_core.report.summary import summary_text
from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState

TASK: dict[str, Any] = {"task_name": "t", "fixed": {}, "optimization": {"objective": "maximize_throughput"}}
FIGURES = {"output_throughput": 10.0}
IDLE = {
    "engine": "vllm", "looks": 30,
    "requests_running": {"mean": 2.1, "max": 3}, "requests_waiting": {"mean": 0, "max": 0},
    "kv_cache_usage": {"mean": 0.05, "max": 0.12}, "preemptions": 0,
}  # fmt: skip


def told(*levels: dict[str, Any], fixed: dict[str, Any] | None = None, **parameters: Any) -> str:
    """What the summary says of limits, on one line."""
    events: list[ev.Event] = [
        ev.RunStarted(run_id="7f3a", task={**TASK, "fixed": fixed or {}}, plan={}),
        ev.ExperimentQueued(experiment=4, parameters=parameters, why="grid"),
        ev.AttemptStarted(experiment=4, attempt=1),
        *(
            ev.LevelEnded(experiment=4, attempt=1, level=number, scenario="D(9,9)", concurrency=number, verdict="ok",
                          figures=FIGURES, engine=engine)
            for number, engine in enumerate(levels, 1)
        ),
        ev.AttemptEnded(experiment=4, attempt=1, outcome="scored", score=10.0, feasible=True, metrics=FIGURES,
                        deciding_level=1),
        ev.RunEnded(reason="completed"),
    ]  # fmt: skip
    text = summary_text(RunState.of(events_stamped(events)), 2000)
    return " | ".join(line for line in text.splitlines() if line.startswith("Limits"))


def events_stamped(events: list[ev.Event]) -> list[ev.Event]:
    return [replace(event, seq=seq, ts=float(seq)) for seq, event in enumerate(events, 1)]


def test_a_limit_that_was_never_reached_is_named_with_what_was_seen() -> None:
    never = told(IDLE, {**IDLE, "requests_running": {"mean": 1, "max": 2}}, max_num_seqs=4)
    assert never == (
        "Limits of its engine that experiment 4 never reached (60 looks, one a second): at most 3 requests at once, "
        "where max_num_seqs allows 4; no request had to wait inside the engine; KV cache up to 12.0 % full "
        "(gpu_memory_utilization); nothing was preempted."
    )


def test_the_limit_may_be_fixed_and_by_any_of_its_names() -> None:
    assert "where max-seqs allows 8" in told(IDLE, fixed={"max-seqs": 8})


def test_what_was_reached_is_not_said_to_be_no_limit() -> None:
    busy = {**IDLE, "requests_running": {"mean": 4, "max": 4}, "requests_waiting": {"mean": 1, "max": 7}}
    text = told(IDLE, {**busy, "kv_cache_usage": {"mean": 0.9, "max": 0.97}, "preemptions": 3}, max_num_seqs=4)
    assert text == (
        "Limits of its engine that experiment 4 reached: 4 requests at once, as many as max_num_seqs allows; up to "
        "7 requests at a time had to wait inside the engine; KV cache up to 97.0 % full (gpu_memory_utilization); "
        "3 requests preempted."
    )


def test_one_request_is_told_as_one() -> None:
    assert "1 request at once, as many" in told({**IDLE, "requests_running": {"mean": 1, "max": 1}}, max_num_seqs=1)


def test_with_several_copies_of_the_model_a_sum_is_not_held_against_the_limit_of_one() -> None:
    assert "requests at once" not in told({**IDLE, "requests_running": {"mean": 4, "max": 4}}, max_num_seqs=4, dp=2)


@pytest.mark.parametrize(
    "levels",
    [
        [],
        [{}],
        [IDLE, {}],
        [{**IDLE, "engine": "of a newer version"}],
        [{"engine": "vllm", "looks": 0}],
        [{**IDLE, "looks": 2, "preemptions": None} | {"preemptions": 0, "looks": 2}],
    ],
)
def test_nothing_is_said_of_gauges_that_were_not_seen_in_every_level(levels: list[dict[str, Any]]) -> None:
    text = told(*levels, max_num_seqs=4)
    assert "requests at once" not in text and "KV cache" not in text and "wait inside" not in text
