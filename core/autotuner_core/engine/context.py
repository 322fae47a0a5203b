"""What all attempts of a run share."""

from __future__ import annotations

from dataclasses import dataclass

from autotuner_core.benchmark.base import Benchmark, Level
from autotuner_core.control import Control
from autotuner_core.deploy.base import Deployer
from autotuner_core.engine.ledger import Ledger
from autotuner_core.run.folder import RunFolder
from autotuner_core.task.model import Task


@dataclass(frozen=True)
class RunContext:
    """The task with what carries it out. `levels` are in the order in which every attempt runs them, warm-up first."""

    task: Task
    levels: tuple[Level, ...]
    folder: RunFolder
    ledger: Ledger
    control: Control
    deployer: Deployer
    benchmark: Benchmark
