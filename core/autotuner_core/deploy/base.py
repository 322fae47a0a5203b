"""What a place to deploy is to the engine: a configuration in, a server that answers out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from autotuner_core.benchmark.base import Endpoint
from autotuner_core.control import Scope
from autotuner_core.failures import ExperimentFailure
from autotuner_core.run.journal import Recorder


@dataclass(frozen=True)
class DeployOrder:
    """One server to start: for which attempt, with which parameters (varied and fixed ones together), and the
    attempt's folder, where engine.log and what was applied are kept."""

    experiment: int
    attempt: int
    parameters: Mapping[str, Any]
    folder: Path


class Server(Protocol):
    """A server that was asked for. `stop` must be called whatever happens; everything else may raise."""

    @property
    def gpu_count(self) -> float:
        """How many GPUs it holds."""

    @property
    def gpus(self) -> tuple[str, ...]:
        """Which ones, where that is known."""

    def wait_ready(self, scope: Scope, seconds: float) -> Endpoint:
        """Wait until it answers. Raises ExperimentFailure as soon as it is known that it will not
        (rejected, crash, out_of_memory, not_ready_in_time, ...), Interrupted when asked to end."""

    def failure(self) -> ExperimentFailure | None:
        """Why it does not serve any more, if it does not. Quick: asked many times a second."""

    def flush_cache(self, scope: Scope) -> bool:
        """Empty the engine's prompt caches between levels. False where the engine cannot."""

    def stop(self, now: bool = False) -> None:
        """End it and wait until it is gone (SIGTERM, then SIGKILL; `now`: SIGKILL at once). Safe to call twice.
        Raises ExperimentFailure(stuck_deletion) where something is left, and names it."""


class Deployer(Protocol):
    """A place where servers run. One per run."""

    def prepare(self, scope: Scope) -> None:
        """Make ready what every server needs, before the first one. Raises PreflightError with the cure."""

    def deploy(self, order: DeployOrder, recorder: Recorder, scope: Scope) -> Server:
        """Begin to start a server; waits (interruptibly) for free GPUs, not for readiness. What is made outside is
        recorded before it exists. Raises ExperimentFailure(does_not_fit, rejected, ...) and Interrupted."""

    def close(self) -> None:
        """End everything that is still up. Safe to call twice."""
