"""Recorded runs for tests: events as a host would journal them, and the command line as a child process."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState

TASK: dict[str, Any] = {
    "task_name": "chat",
    "backend": "local",
    "optimization": {"objective": "maximize_throughput", "slo": {"ttft.p95": 0.5}, "max_parallel": 1},
}
PLAN: dict[str, Any] = {
    "levels": [{"index": 0}, {"index": 1}, {"index": 2}],
    "forecast": {"experiment": {"low": 30.0, "high": 90.0}, "parallel": 1},
}
BEGAN = 1_700_000_000.0


@dataclass
class Kept:
    """A Recorder that keeps events in a list."""

    events: list[ev.Event] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, event: ev.Event) -> ev.Event:
        with self.lock:
            stamped = replace(event, seq=len(self.events) + 1)
            self.events.append(stamped)
        return stamped

    def of(self, *types: str) -> list[Any]:
        with self.lock:
            return [event for event in self.events if event.type in types]


def stamped(events: Iterable[ev.Event], step: float = 1.0) -> list[ev.Event]:
    """The events with numbers and times, `step` seconds apart."""
    return [replace(event, seq=at, ts=BEGAN + at * step) for at, event in enumerate(events, start=1)]


def beginning(experiments: int = 2) -> list[ev.Event]:
    """A run that has begun and queued its experiments."""
    return [
        ev.RunStarted(run_id="ab12", task=TASK, plan=PLAN),
        ev.HostStarted(pid=1, host="here", started=BEGAN, token="ab12-token"),
        *(ev.ExperimentQueued(experiment=n, parameters={"slots": n}) for n in range(1, experiments + 1)),
    ]


def scored(experiment: int, score: float, feasible: bool = True, miss: float = 0.0) -> list[ev.Event]:
    """An attempt from its start to its score, with a warm-up and one level."""
    where: dict[str, Any] = {"experiment": experiment, "attempt": 1}
    load: dict[str, Any] = {"scenario": "D(100,100)", "concurrency": 4}
    figures = {"output_throughput": score, "ttft.p95": 0.31, "tpot.p95": 0.021}
    return [
        ev.AttemptStarted(**where),
        ev.StageChanged(**where, stage="deploying"),
        ev.StageChanged(**where, stage="benchmarking"),
        ev.LevelStarted(**where, **load, level=0, purpose="warm_up"),
        ev.LevelEnded(**where, **load, level=0, purpose="warm_up", verdict="ok"),
        ev.LevelStarted(**where, **load, level=1),
        ev.LevelEnded(**where, **load, level=1, verdict="ok" if feasible else "slo_missed", figures=figures),
        ev.StageChanged(**where, stage="cleaning_up"),
        ev.AttemptEnded(
            **where,
            outcome="scored",
            score=score,
            feasible=feasible,
            miss=miss,
            metrics=figures,
            binding_limit="ttft.p95",
        ),
    ]


def state_of(events: Iterable[ev.Event]) -> RunState:
    return RunState.of(events)
