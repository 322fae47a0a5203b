"""The ranking of a run, made anew in the time that its changes ask for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result, result_of
from autotuner_core.scoring.better import merit
from autotuner_core.scoring.objective import objective_from_json, slo_from_json

if TYPE_CHECKING:
    from autotuner_core.run.run_state import RunState


def ranking_of(state: RunState) -> Ranking:
    """The ranking as the run stands. Raises ValueError where the state has no task yet (nothing was recorded), or one
    whose objective is unknown here."""
    return Ranker().ranking(state)


class Ordered:
    """Results in ascending order of what `key` makes of each, which is another one for each."""

    def __init__(self, key: Callable[[Result], Any]) -> None:
        self.results: list[Result] = []
        self._keys: list[Any] = []
        self._key = key

    def put(self, result: Result) -> None:
        """Take one in."""
        key = self._key(result)
        at = bisect_left(self._keys, key)
        self._keys.insert(at, key)
        self.results.insert(at, result)

    def drop(self, result: Result) -> None:
        """Let one go that was taken in."""
        at = bisect_left(self._keys, self._key(result))
        del self._keys[at], self.results[at]


class Ranker:
    """Ranks the results of a run that goes on. A look costs what has changed since the last one: of many experiments
    few do."""

    def __init__(self) -> None:
        self._state: RunState | None = None
        self._asked: tuple[object, object] = (None, None)
        self._moment = 0
        self._ranking: Ranking | None = None

    def ranking(self, state: RunState) -> Ranking:
        """The ranking as the run stands, the very same where no result is another. Raises what `ranking_of` does."""
        if state is not self._state or state.task is not self._asked[0] or state.plan is not self._asked[1]:
            self._begin(state)
        changed = [self._look_at(state, experiment) for experiment in state.touched.since(self._moment)]
        self._moment = state.touched.moment
        if self._ranking is None or any(changed):
            self._ranking = self._made()
        return self._ranking

    def _begin(self, state: RunState) -> None:
        optimization = state.task.get("optimization")
        if not optimization:
            raise ValueError("the run has not recorded its task yet")
        try:
            self._objective = objective = objective_from_json(state.plan.get("objective") or optimization["objective"])
            self._slo = slo_from_json(optimization.get("slo"))
        except (TypeError, KeyError, AttributeError) as error:  # of a newer version, or of none
            raise ValueError("the run's objective is written in a way that is unknown here") from error
        self._baselines = Ordered(lambda result: result.id)
        self._of_windows, self._of_whole_levels = (
            Ordered(lambda result: (merit(result, objective), result.id)) for _ in range(2)
        )
        self._baseline = state.plan.get("baseline")
        self._by_id: dict[int, Result] = {}
        self._state, self._asked, self._moment, self._ranking = state, (state.task, state.plan), 0, None

    def _look_at(self, state: RunState, experiment: int) -> bool:
        """Whether its result is another one."""
        before, now = self._by_id.get(experiment), result_of(state.experiments[experiment], self._objective)
        if before is now or (before is not None and now is not None and now.stands_on_the_same(before)):
            return False
        if before is not None:
            del self._by_id[experiment]
            for order in self._orders(before):
                order.drop(before)
        if now is not None:
            self._by_id[experiment] = now
            for order in self._orders(now):
                order.put(now)
        return True

    def _orders(self, result: Result) -> list[Ordered]:
        """Where it stands."""
        orders = []
        if result.id == self._baseline or result.experiment.why == "baseline":
            orders.append(self._baselines)
        if result.score is not None:
            orders.append(self._of_whole_levels if result.of_whole_levels else self._of_windows)
        return orders

    def _made(self) -> Ranking:
        windows, whole = self._of_windows.results, self._of_whole_levels.results
        apart = sorted(whole, key=lambda result: result.id) if windows else []
        return Ranking(
            self._objective,
            self._slo,
            dict(self._by_id),
            tuple(windows or whole),
            next(iter(self._baselines.results), None),
            tuple(apart),
        )
