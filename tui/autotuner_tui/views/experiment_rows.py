"""The rows of the table of experiments, brought up to date event by event: what costs time with each experiment of a
run (the ranking, how wide columns are) is made only when it can have become another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result, difference
from autotuner_core.run.run_state import RunState
from autotuner_core.run.touched import Touched
from autotuner_tui.streams import StreamsNow
from autotuner_tui.views.experiments import columns, row_maker, varying
from autotuner_tui.views.standings import StandingsNow
from autotuner_tui.widgets.arrangement import Row
from autotuner_tui.widgets.columns import Column


class ExperimentRows:
    """`keys`, `columns`, and what makes a row. `touched`: the rows that may be others than they were."""

    def __init__(self) -> None:
        self._now = StandingsNow()
        self.keys: Sequence[int] = ()
        self.columns: Sequence[Column] = ()
        self._names: list[str] = []
        self._shape: object = None
        self._state = RunState()
        self._against: Result | None = None
        self._seen = 0
        self.touched: Touched[int] = Touched()

    @property
    def ranking(self) -> Ranking | None:
        """The ranking as it is now."""
        return self._now.ranking

    def follow(self, state: RunState, width: int) -> None:
        """Bring it up to date, for a table of so many cells; called on every tick."""
        self._now.follow(state)
        self._touch(state)
        self._lay_out(width)

    def _touch(self, state: RunState) -> None:
        """Those of which events told; all where they are compared with another result."""
        against = self.ranking.against if self.ranking is not None else None
        if state is not self._state or against is not self._against:
            self.touched.touch(state.experiments)
        elif told := state.touched.since(self._seen):
            self.touched.touch(told)
        self._state, self._against, self._seen = state, against, state.touched.moment

    def row(self, streams: StreamsNow) -> Row:
        """Makes a row's cells."""
        return row_maker(self._state, self._names, self.ranking, streams)

    def _lay_out(self, width: int) -> None:
        """Experiments are only ever added, and keep their parameters."""
        state, ranking = self._state, self.ranking
        shape = len(state.experiments), ranking is None, ranking is not None and ranking.baseline is None, width
        if shape == self._shape:
            return
        if len(self.keys) != len(state.experiments):
            self.keys = sorted(state.experiments)
        self._shape, self._names = shape, varying(state)
        values: Sequence[Callable[[int], object] | None] = (
            lambda key: key,
            *(partial(self._parameter, name) for name in self._names),
            None,
            self._score,
            self._difference,
        )
        found = columns(state, self._names, ranking, width)
        ids = ("#", *self._names, "stage", "score", "difference")
        self.columns = [
            column._replace(value=value, id=known) for column, value, known in zip(found, values, ids, strict=True)
        ]

    def _parameter(self, name: str, key: int) -> object:
        return self._state.experiments[key].parameters.get(name)

    def _result(self, key: int) -> Result | None:
        return self.ranking.by_id.get(key) if self.ranking is not None else None

    def _score(self, key: int) -> float | None:
        return result.score if (result := self._result(key)) is not None else None

    def _difference(self, key: int) -> float | None:
        result, against = self._result(key), self._against
        change = difference(result, against) if result is not None and against is not None else None
        return change[0] if change is not None else None
