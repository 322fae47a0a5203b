"""The events of small runs, as a report meets them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState

TASK: dict[str, Any] = {
    "task_name": "chat",
    "description": "which is best",
    "optimization": {"objective": "maximize_throughput", "slo": {"ttft.p95": 0.5}, "seed": 3},
    "benchmark": {"cache": "cold"},
}
PLAN: dict[str, Any] = {
    "levels": [
        {"index": 0, "scenario": "D(8,8)", "concurrency": 1, "seed": 5},
        {"index": 1, "scenario": "D(100,100)", "concurrency": 4, "seed": 6},
    ],
    "baseline": 1,
}


def queued(number: int, why: str = "grid") -> ev.Event:
    return ev.ExperimentQueued(experiment=number, parameters={"tp_size": number, "policy": "lpm"}, why=why)


def scored(
    number: int, score: float, miss: float = 0.0, attempt: int = 1, ttft: float = 0.1, **metrics: Any
) -> list[ev.Event]:
    values = {"output_throughput": score, "ttft.p95": ttft, "unsure": ["p95", "p99"], **metrics}
    verdict = "slo_missed" if miss else "ok"
    return [
        ev.AttemptStarted(experiment=number, attempt=attempt, gpu_count=2),
        ev.StageChanged(experiment=number, attempt=attempt, stage="waiting"),
        ev.LevelStarted(
            experiment=number, attempt=attempt, level=0, scenario="D(8,8)", concurrency=1, purpose="warm_up",
        ),
        ev.LevelStarted(experiment=number, attempt=attempt, level=1, scenario="D(100,100)", concurrency=4),
        ev.LevelEnded(
            experiment=number, attempt=attempt, level=1, scenario="D(100,100)", concurrency=4, verdict=verdict,
            ended_by="requests", figures=values,
        ),
        ev.LevelSkipped(
            experiment=number, attempt=attempt, level=2, scenario="D(100,100)", concurrency=8, reason="overloaded at 4",
        ),
        ev.AttemptEnded(
            experiment=number, attempt=attempt, outcome="scored", score=score, feasible=not miss, miss=miss,
            metrics=values, deciding_level=1, binding_limit="ttft.p95" if miss else None,
        ),
    ]  # fmt: skip


def failed(number: int, cause: str = "out_of_memory", attempt: int = 1) -> list[ev.Event]:
    return [
        ev.AttemptStarted(experiment=number, attempt=attempt),
        ev.AttemptEnded(
            experiment=number, attempt=attempt, outcome="failed", cause=cause, message="CUDA out of memory",
            cure="Lower mem_frac.", evidence=("line 1", "line 2"),
        ),
    ]  # fmt: skip


def state_of(*events: ev.Event | Iterable[ev.Event], task: dict[str, Any] | None = None, end: str | None = "completed",
             signal_number: int | None = None) -> RunState:  # fmt: skip
    listed: list[ev.Event] = [ev.RunStarted(run_id="7f3a", task=task or TASK, plan=PLAN, versions={"python": "3.11"})]
    for event in events:
        listed += [event] if isinstance(event, ev.Event) else list(event)
    if end:
        listed.append(ev.RunEnded(reason=end, signal=signal_number))
    return RunState.of(replace(event, seq=i, ts=1000.0 + 10 * i) for i, event in enumerate(listed, 1))


def usual() -> RunState:
    return state_of(
        *(queued(n) for n in range(1, 6)),
        scored(1, 100.0),
        scored(2, 140.0, **{"half_width.output_throughput": 4.0}),
        failed(3),
        scored(4, 500.0, miss=0.2, ttft=0.6),
        ev.Skipped(experiment=5, reason="by a person"),
    )
