"""What a place to deploy is to the engine: a configuration in, a server that answers out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from autotuner_core.benchmark.base import Endpoint
from autotuner_core.control import Scope
from autotuner_core.failures import ExperimentFailure
from autotuner_core.run.events import ResourceCreated, ResourceIntended
from autotuner_core.run.journal import Recorder

Resource = ResourceIntended | ResourceCreated


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

    def wait_ready(self, scope: Scope, seconds: float, load_may_start: Callable[[], None] = lambda: None) -> Endpoint:
        """Wait until it answers. `load_may_start` is called at most once, where a load generator that is asked for now
        would be started, although the server does not answer yet; what it raises ends the wait. Raises
        ExperimentFailure as soon as it is known that it will not (rejected, crash, out_of_memory, not_ready_in_time,
        ...), Interrupted when asked to end."""

    def failure(self) -> ExperimentFailure | None:
        """Why it does not serve any more, if it does not. Quick: asked many times a second."""

    def disturbances(self) -> int:
        """How often the way to it (a port-forward) has broken since it was ready. A level in which this grew measured
        that, and is to be repeated."""

    def recover(self, scope: Scope) -> None:
        """After a disturbance: wait until it answers again. Raises ExperimentFailure (port_forward_lost, or why the
        server itself is gone) and Interrupted."""

    def flush_cache(self, scope: Scope) -> bool:
        """Empty the engine's prompt caches between levels. False where the engine cannot."""

    def stop(self, now: bool = False) -> None:
        """End it and wait until it is gone (SIGTERM, then SIGKILL; `now`: SIGKILL at once). Safe to call twice.
        Raises ExperimentFailure(stuck_deletion) where something is left, and names it."""


class Deployer(Protocol):
    """A place where servers run. One per run. `start_gap`: seconds that shall lie between the starts of experiments, so
    that many at once do not overwhelm who carries them (0: none)."""

    start_gap: float

    def prepare(self, scope: Scope) -> None:
        """Make ready what every server needs, before the first one. Raises PreflightError with the cure."""

    def take_over(
        self, left: Sequence[DeployOrder], made: Sequence[Resource], recorder: Recorder, scope: Scope
    ) -> list[DeployOrder]:
        """After `prepare`, in a run whose last host died: which of its attempts (`left`) can go on, because their very
        servers are up. Those are what `deploy` gives for them then. All else that was made and not seen to be gone
        (`made`) is removed. Raises ExperimentFailure and Interrupted."""

    def deploy(self, order: DeployOrder, recorder: Recorder, scope: Scope) -> Server:
        """Begin to start a server; waits (interruptibly) for free GPUs, not for readiness. What is made outside is
        recorded before it exists. Raises ExperimentFailure(does_not_fit, rejected, ...) and Interrupted."""

    def close(self) -> None:
        """End everything that is still up. Safe to call twice."""
