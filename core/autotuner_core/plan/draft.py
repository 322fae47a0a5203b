"""What a plan's checks look at: the task and what was made of it so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.level import Level
from autotuner_core.engines.profile import Profile
from autotuner_core.plan.forecast import Forecast
from autotuner_core.plan.plan import CandidateCounts, PlannedExperiment

if TYPE_CHECKING:
    from autotuner_core.task.model import Task


@dataclass(frozen=True)
class Draft:
    """A plan before its checks. `direct` says that the load comes from this machine and not from a BenchmarkJob."""

    task: Task
    profile: Profile | None
    candidates: CandidateCounts
    experiments: tuple[PlannedExperiment, ...]
    levels: tuple[Level, ...]
    forecast: Forecast
    direct: bool

    @property
    def measured(self) -> tuple[Level, ...]:
        """The levels without the warm-up."""
        return tuple(level for level in self.levels if not level.warm_up)

    @property
    def in_job(self) -> bool:
        """Whether a BenchmarkJob makes the load."""
        return self.task.backend == "ome" and not self.direct

    def together(self, experiment: PlannedExperiment) -> dict[str, Any]:
        """An experiment's parameters, the fixed ones under them."""
        return {**self.task.fixed, **experiment.parameters}
