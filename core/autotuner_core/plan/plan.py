"""The plan of a run: every experiment, the order, the levels, the forecast, and what is to be said before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autotuner_core.benchmark.level import Level
from autotuner_core.findings import Finding, Severity
from autotuner_core.plan.forecast import Forecast

PLAN_VERSION = 1

PlannedLevel = Level


@dataclass(frozen=True)
class PlannedExperiment:
    """One configuration to measure. `parameters` are the varied ones alone; `why` is grid or baseline."""

    id: int
    parameters: Mapping[str, Any]
    why: str
    gpu_count: float


@dataclass(frozen=True)
class CandidateCounts:
    """How many combinations there are (`product`), how many of them the constraints rule out (`rejected`), how many
    are taken (`chosen`) and how many max_iterations leaves out (`dropped`; None where the space was too large to be
    listed and a part was drawn, `sampled`)."""

    product: int
    rejected: int
    chosen: int
    dropped: int | None
    sampled: bool = False


@dataclass(frozen=True)
class PlannedObjective:
    """What is better: the metric, its unit, the direction, and whether the best level decides or all of them do."""

    metric: str
    unit: str
    direction: str
    levels: str
    word: str | None = None


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    `experiments` are in grid order, ids from 1 (a baseline outside the grid has the last id); `order` is the order in
    which they are run, the baseline first, the others shuffled by the seed, so that a drift of the machine follows no
    parameter. `levels` begin with the warm-up, index 0. `varying` are the names of the varied parameters.
    """

    experiments: tuple[PlannedExperiment, ...]
    order: tuple[int, ...]
    levels: tuple[PlannedLevel, ...]
    forecast: Forecast
    candidates: CandidateCounts
    objective: PlannedObjective
    slo: Mapping[str, float]
    varying: tuple[str, ...]
    fixed: Mapping[str, Any]
    baseline: int | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What forbids the run."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    def experiment(self, id: int) -> PlannedExperiment:
        """The experiment of this id. Raises KeyError where there is none."""
        if not 1 <= id <= len(self.experiments):
            raise KeyError(id)
        return self.experiments[id - 1]

    def to_json(self) -> dict[str, Any]:
        """The plan as a JSON object; enough for a viewer that has nothing but the journal."""
        return {
            "v": PLAN_VERSION,
            "experiments": [
                {"id": e.id, "parameters": dict(e.parameters), "why": e.why, "gpu_count": e.gpu_count}
                for e in self.experiments
            ],
            "order": list(self.order),
            "levels": [asdict(level) for level in self.levels],
            "forecast": self.forecast.to_json(),
            "candidates": asdict(self.candidates),
            "objective": asdict(self.objective),
            "slo": dict(self.slo),
            "varying": list(self.varying),
            "fixed": dict(self.fixed),
            "baseline": self.baseline,
            "findings": [finding.to_json() for finding in self.findings],
        }
