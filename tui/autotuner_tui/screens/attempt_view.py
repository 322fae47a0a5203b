"""Which experiment, and which of its attempts, a screen shows; from there to its neighbours."""

from __future__ import annotations

from autotuner_core.report.result import Result
from autotuner_core.run.experiment_state import AttemptState
from autotuner_tui.open_run import OpenRun
from autotuner_tui.screens.taking import TakingView
from autotuner_tui.views.standings import StandingsNow


class AttemptView(TakingView):
    """Base of a screen that shows one experiment of a run."""

    def __init__(self, run: OpenRun, experiment: int) -> None:
        super().__init__(run)
        self.experiment = experiment
        self.standings = StandingsNow()
        self._attempt: int | None = None

    def chosen(self) -> tuple[int, ...]:
        """Actions are for the one that is shown."""
        return (self.experiment,)

    def looked_at(self) -> int | None:
        """The one that is shown."""
        return self.experiment

    def result_of(self, experiment: int) -> Result | None:
        """Its result as it is ranked now."""
        ranking = self.standings.ranking
        return ranking.by_id.get(experiment) if ranking is not None else None

    def attempt(self) -> AttemptState | None:
        """The attempt that is looked at: the last one, unless another was chosen."""
        experiment = self.open_run.state.experiments.get(self.experiment)
        if experiment is None:
            return None
        return (experiment.attempt(self._attempt) if self._attempt is not None else None) or experiment.latest

    def do_next(self) -> None:
        """The next experiment."""
        self._go(1)

    def do_last(self) -> None:
        """The experiment before."""
        self._go(-1)

    def _go(self, by: int) -> None:
        ids = sorted(self.open_run.state.experiments)
        if self.experiment in ids:
            self.experiment, self._attempt = ids[(ids.index(self.experiment) + by) % len(ids)], None
            self.tick()

    def do_next_attempt(self) -> None:
        """The next attempt."""
        self._go_attempt(1)

    def do_last_attempt(self) -> None:
        """The attempt before."""
        self._go_attempt(-1)

    def _go_attempt(self, by: int) -> None:
        shown, experiment = self.attempt(), self.open_run.state.experiments.get(self.experiment)
        if shown is None or experiment is None:
            return
        numbers = [attempt.attempt for attempt in experiment.attempts]
        at = numbers.index(shown.attempt) + by
        self._attempt = numbers[at] if 0 <= at < len(numbers) - 1 else None if at > 0 else numbers[0]
        self.tick()
