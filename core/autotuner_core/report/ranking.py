"""The results of a run, ranked: what the results file and the summary both stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from autotuner_core.report.result import Result
from autotuner_core.scoring.better import tie
from autotuner_core.scoring.objective import Objective


@dataclass(frozen=True)
class Ranking:
    """All results, and the scored ones from best to worst. Figures of whole levels are not compared
    with those of windows: where there are both, the former are scored but have no rank (`apart`)."""

    objective: Objective
    slo: dict[str, float]
    by_id: Mapping[int, Result]
    ranked: tuple[Result, ...]
    baseline: Result | None
    apart: tuple[Result, ...] = ()

    @property
    def best(self) -> Result | None:
        """The best one that meets the SLO."""
        return self.ranked[0] if self.ranked and self.ranked[0].feasible else None

    @property
    def closest(self) -> Result | None:
        """Where none meets the SLO, the one that misses it least."""
        return self.ranked[0] if self.ranked and not self.ranked[0].feasible else None

    @property
    def against(self) -> Result | None:
        """What the others are compared with: the baseline, or else the best, or else the closest."""
        return self.baseline or self.best or self.closest

    @cached_property
    def tied(self) -> tuple[Result, ...]:
        """Those that cannot be told apart from the best one."""
        best = self.best
        if best is None:
            return ()
        return tuple(r for r in self.ranked[1:] if tie(best, r, best.half_width, r.half_width))

    @cached_property
    def tied_ids(self) -> frozenset[int]:
        return frozenset(result.id for result in self.tied)

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """All of them in the order of their numbers."""
        return tuple(self.by_id[number] for number in sorted(self.by_id))

    @cached_property
    def places(self) -> dict[int, int]:
        """The rank by experiment id; the best is 1."""
        return {result.id: place for place, result in enumerate(self.ranked, 1)}
