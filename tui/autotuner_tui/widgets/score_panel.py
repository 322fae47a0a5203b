"""The panel of scores."""

from __future__ import annotations

from collections.abc import Sequence

from autotuner_core.report.ranking import Ranking
from autotuner_core.run.run_state import RunState
from autotuner_tui.views.scores import score_lines
from autotuner_tui.widgets.lines import Line
from autotuner_tui.widgets.live_panel import ChartsView
from autotuner_tui.widgets.scale import Limits


class ScorePanel(ChartsView, can_focus=True):
    """Scores in the order in which they came, the best so far, failures."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._state, self._experiments = RunState(), 0
        self._ranking: Ranking | None = None
        self._limits = Limits()

    def show(self, state: RunState, ranking: Ranking | None) -> None:
        """Bring it up to date with the ranking as it is now: called on every tick."""
        experiments = len(state.experiments)
        if state is self._state and ranking is self._ranking and experiments == self._experiments:
            return
        self._state, self._ranking, self._experiments = state, ranking, experiments
        self.repaint()

    def visible_lines(self) -> Sequence[Line]:
        """What fits."""
        return score_lines(self._state, self._ranking, self._limits, self.size.width, self.size.height)
