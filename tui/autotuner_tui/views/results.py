"""The table of results: those that are ranked from best to worst, then what failed or was left out; every figure that
the results file has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

from autotuner_core.report.ranking import Ranking
from autotuner_core.report.ranking_table import level_name
from autotuner_core.report.result import Result, difference
from autotuner_core.run.run_state import RunState
from autotuner_core.run.touched import Touched
from autotuner_tui.views.experiments import varying
from autotuner_tui.views.result_cells import (
    against_cell,
    figure_cell,
    figure_names,
    figure_of,
    gpus,
    half_width_cell,
    miss_or_cause,
    outcome,
    parameter_cell,
    place_cell,
)
from autotuner_tui.views.standings import StandingsNow
from autotuner_tui.widgets.columns import Column, Key
from autotuner_tui.widgets.lines import Piece, fitted, neutral

WIDEST = 18
LAST = ("failed", "skipped", "pruned")
Cell = Callable[[Result], Piece]
Value = Callable[[Result], object]


class Cells(Sequence[Piece]):
    """A row's cells, each made when it is asked for: most columns are out of sight."""

    def __init__(self, cells: Sequence[Cell], result: Result) -> None:
        self._cells, self._result = cells, result

    def __len__(self) -> int:
        return len(self._cells)

    @overload
    def __getitem__(self, at: int) -> Piece: ...
    @overload
    def __getitem__(self, at: slice) -> list[Piece]: ...
    def __getitem__(self, at: int | slice) -> Piece | list[Piece]:
        cells = self._cells[at]
        return [cell(self._result) for cell in cells] if isinstance(cells, Sequence) else cells(self._result)


class ResultRows:
    """`keys` are experiments in the order of the ranking. `touched`: the rows that may be others than they were."""

    def __init__(self) -> None:
        self._now = StandingsNow()
        self._made_for = -1
        self._state, self._seen = RunState(), 0
        self.touched: Touched[int] = Touched()
        self.keys: Sequence[int] = ()
        self.columns: Sequence[Column] = ()
        self._cells: Sequence[Cell] = ()

    @property
    def ranking(self) -> Ranking | None:
        """None before anything can be ranked."""
        return self._now.ranking

    @property
    def version(self) -> int:
        """Another number when the ranking is another."""
        return self._now.version

    def follow(self, state: RunState) -> None:
        """Bring it up to date; called on every tick."""
        self._now.follow(state)
        self._touch(state)
        if self._made_for != self.version and (ranking := self.ranking) is not None:
            self._made_for = self.version
            self.keys = ordered(ranking)
            made = list(_columns(self, ranking, varying(state)))
            self.columns, self._cells = [column for column, _ in made], [cell for _, cell in made]

    def _touch(self, state: RunState) -> None:
        """Those of which events told; all with another ranking."""
        if self._made_for != self.version or state is not self._state:
            self.touched.touch(state.experiments)
        elif told := state.touched.since(self._seen):
            self.touched.touch(told)
        self._state, self._seen = state, state.touched.moment

    def result(self, key: Key | None) -> Result | None:
        """The result of an experiment."""
        return self.ranking.by_id.get(key) if self.ranking is not None and isinstance(key, int) else None

    def row(self, key: Key) -> Sequence[Piece]:
        """A row's cells."""
        result = self.result(key)
        return Cells(self._cells, result) if result is not None else ()


def ordered(ranking: Ranking) -> list[int]:
    """Ranked ones from the best, those that are scored but not compared, then what has no score."""
    ids = [result.id for result in (*ranking.ranked, *ranking.apart)]
    return ids + [result.id for status in LAST for result in ranking.results if result.status == status]


def _columns(rows: ResultRows, ranking: Ranking, names: Sequence[str]) -> Sequence[tuple[Column, Cell]]:
    """The later ones go first where there is no room; how a result came out goes last."""
    metric, against = ranking.objective.metric, ranking.baseline or ranking.best
    made: list[tuple[Column, Cell]] = []

    def add(name: str, least: int, cell: Cell, value: Value, *, right: bool = True, spare: int | None = None) -> None:
        def of(key: Any) -> object:
            result = rows.result(key)
            return value(result) if result is not None else None

        width = min(max(least, len(name) + 1), max(least, WIDEST))
        spare = 2 + len(made) if spare is None else spare
        made.append((Column(fitted(neutral(name), min(len(name), width)), width, right, spare, of, name), cell))

    add("rank", 4, lambda r: place_cell(r, ranking), lambda r: ranking.places.get(r.id), spare=0)
    add("exp", 4, lambda r: Piece(str(r.id)), lambda r: r.id, spare=0)
    for name in names:
        add(name, 6, lambda r, n=name: parameter_cell(r, n), lambda r, n=name: r.experiment.parameters.get(n))  # type: ignore[misc]
    add(metric, 14, lambda r: figure_cell(r, metric, r.score), lambda r: r.score, spare=0)
    add("±", 9, half_width_cell, lambda r: r.half_width)
    if against is not None:
        word = "vs base" if ranking.baseline is not None else "vs best"
        add(word, 9, lambda r: against_cell(r, against), lambda r: (difference(r, against) or (None,))[0])
    add("outcome", 22, lambda r: outcome(r, ranking), miss_or_cause, right=False, spare=1)
    for name in figure_names(ranking):
        add(name, 10, lambda r, n=name: figure_cell(r, n, figure_of(r, n)), lambda r, n=name: figure_of(r, n))  # type: ignore[misc]
    add("level", 14, lambda r: Piece(level_name(r)), level_name, right=False)
    add("tries", 5, lambda r: Piece(str(len(r.experiment.attempts))), lambda r: len(r.experiment.attempts))
    add("GPUs", 4, lambda r: Piece(f"{gpus(r):g}" if gpus(r) else ""), gpus)
    add("why", 10, lambda r: Piece(r.experiment.why.replace("_", " "), "dim"), lambda r: r.experiment.why, right=False)
    return made
