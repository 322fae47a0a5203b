"""A real host of a run that a test holds in its hands: begun, with its locks, journal and socket, but not started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autotuner_core.engine.held_run import HostOptions
from autotuner_core.engine.host import Host
from autotuner_core.engine.start import create_run
from autotuner_core.plan.build import build_plan
from autotuner_core.run import events as ev
from autotuner_core.task.load import LoadedTask, task_from_json

TASK: dict[str, Any] = {
    "task_name": "held",
    "backend": "local",
    "model": {"name": "stub"},
    "parameters": {"a": {"type": "choice", "values": [1, 2]}},
    "optimization": {"objective": "minimize_latency", "retries": 0},
    "benchmark": {"traffic_scenarios": ["D(10,10)"], "num_concurrency": [1, 2], "model_tokenizer": "x"},
    "local": {"engine": "command", "command": ["x", "{port}", "{flags}"], "gpus_per_experiment": 0},
}


def held(results: Path) -> Host:
    """Such a host. It is to be closed."""
    task = task_from_json(TASK)
    host = create_run(LoadedTask(task, ()), build_plan(task), results_dir=results, options=HostOptions())
    host.run.ledger.record(ev.ExperimentQueued(experiment=1, parameters={"a": 1}, why="grid"))
    return host
