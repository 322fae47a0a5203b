"""The ranking of a run that goes on."""

from __future__ import annotations

from autotuner_core.report.ranker import Ranker
from autotuner_core.report.ranking import Ranking
from autotuner_core.run.run_state import RunState


class StandingsNow:
    """`ranking` is None before anything can be ranked; `version` is another number with each one."""

    def __init__(self) -> None:
        self.ranking: Ranking | None = None
        self.version = 0
        self._ranker = Ranker()

    def follow(self, state: RunState) -> None:
        """Bring it up to date; called on every tick."""
        ranking: Ranking | None
        try:
            ranking = self._ranker.ranking(state)
        except ValueError:  # the run has not recorded its task yet
            ranking = None
        if ranking is not self.ranking:
            self.ranking = ranking
            self.version += 1
