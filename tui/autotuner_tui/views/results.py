"""The table of results: those that are ranked from best to worst, then what failed or was left out; every figure that
the results file has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autotuner_core.report import format as fmt
from autotuner_core.report.ranking import Ranking, Result, difference
from autotuner_core.report.ranking_table import FURTHER_METRICS, UNSURE, level_name
from autotuner_core.run.run_state import RunState
from autotuner_core.scoring.metrics import metric_names
from autotuner_core.scoring.sample_figures import HALF_WIDTH
from autotuner_tui.views.experiments import varying
from autotuner_tui.views.standings import StandingsNow
from autotuner_tui.widgets.columns import Column, Key
from autotuner_tui.widgets.lines import Piece, fitted, neutral

WIDEST = 18
METRICS = frozenset(metric_names())
LAST = ("failed", "skipped", "pruned")
Cell = Callable[[Result], Piece]
Value = Callable[[Result], object]


class ResultRows:
    """`keys` are experiments in the order of the ranking."""

    def __init__(self) -> None:
        self._now = StandingsNow()
        self._made_for = -1
        self.keys: Sequence[int] = ()
        self.columns: Sequence[Column] = ()
        self._cells: Sequence[Cell] = ()

    @property
    def ranking(self) -> Ranking | None:
        """None before anything can be ranked."""
        return self._now.standings.ranking

    @property
    def version(self) -> int:
        """Another number when the ranking is another."""
        return self._now.version

    def follow(self, state: RunState) -> None:
        """Bring it up to date; called on every tick."""
        self._now.follow(state)
        if self._made_for != self.version and (ranking := self.ranking) is not None:
            self._made_for = self.version
            self.keys = ordered(ranking)
            made = list(_columns(self, ranking, varying(state)))
            self.columns, self._cells = [column for column, _ in made], [cell for _, cell in made]

    def result(self, key: Key | None) -> Result | None:
        """The result of an experiment."""
        return self.ranking.by_id.get(key) if self.ranking is not None and isinstance(key, int) else None

    def row(self, key: Key) -> Sequence[Piece]:
        """A row's cells."""
        result = self.result(key)
        return [cell(result) for cell in self._cells] if result is not None else ()


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

    add("rank", 4, lambda r: Piece(place_of(r, ranking)), lambda r: ranking.places.get(r.id), spare=0)
    add("exp", 4, lambda r: Piece(str(r.id)), lambda r: r.id, spare=0)
    for name in names:
        add(name, 6, lambda r, n=name: _parameter(r, n), lambda r, n=name: r.experiment.parameters.get(n))  # type: ignore[misc]
    add(metric, 14, lambda r: _figure(r, metric, r.score), lambda r: r.score, spare=0)
    add("±", 9, _half_width, lambda r: r.half_width)
    if against is not None:
        word = "vs base" if ranking.baseline is not None else "vs best"
        add(word, 9, lambda r: _against(r, against), lambda r: (difference(r, against) or (None,))[0])
    add("outcome", 22, lambda r: outcome(r, ranking), _miss_or_cause, right=False, spare=1)
    for name in figure_names(ranking):
        add(name, 10, lambda r, n=name: _figure(r, n, _value(r, n)), lambda r, n=name: _value(r, n))  # type: ignore[misc]
    add("level", 14, lambda r: Piece(level_name(r)), level_name, right=False)
    add("tries", 5, lambda r: Piece(str(len(r.experiment.attempts))), lambda r: len(r.experiment.attempts))
    add("GPUs", 4, lambda r: Piece(f"{_gpus(r):g}" if _gpus(r) else ""), _gpus)
    add("why", 10, lambda r: Piece(r.experiment.why.replace("_", " "), "dim"), lambda r: r.experiment.why, right=False)
    return made


def figure_names(ranking: Ranking) -> list[str]:
    """The figures that any result has: those of the SLO and the usual ones first."""
    shapes = {tuple(_metrics(result)) for result in ranking.results}
    there = dict.fromkeys(name for shape in shapes for name in shape if not name.startswith(HALF_WIDTH))
    first = [name for name in (*ranking.slo, *FURTHER_METRICS) if name in there]
    names = dict.fromkeys((*first, *(name for name in metric_names() if name in there), *there))
    numeric = {n for n in names if any(isinstance(_metrics(r).get(n), (int, float)) for r in ranking.results[:20])}
    return [name for name in names if name in numeric or name in METRICS if name != ranking.objective.metric]


def place_of(result: Result, ranking: Ranking) -> str:
    """`1`; `=2` where it cannot be told apart from the best; empty without a rank."""
    place = ranking.places.get(result.id)
    return "" if place is None else f"={place}" if result.id in ranking.tied_ids else str(place)


def outcome(result: Result, ranking: Ranking) -> Piece:
    """A sign and words: no colour carries the meaning alone."""
    if result.score is None:
        return Piece(f"✘ {_cause(result)}", "bad") if result.status == "failed" else Piece(f"- {result.status}", "dim")
    if result.feasible:
        return Piece("✔ meets the SLO" if ranking.slo else "✔ ok", "good")
    limit = result.attempt.ended.binding_limit if result.attempt and result.attempt.ended else None
    return Piece(f"◐ {fmt.percent(result.miss)} over{f' {limit}' if limit else ''}", "warn")


def _miss_or_cause(result: Result) -> object:
    return result.miss if result.score is not None else _cause(result)


def _cause(result: Result) -> str:
    ended = result.attempt.ended if result.attempt else None
    return ((ended.cause if ended else None) or result.status).replace("_", " ")


def _metrics(result: Result) -> Mapping[str, Any]:
    return (result.attempt.ended.metrics if result.attempt and result.attempt.ended else None) or {}


def _value(result: Result, name: str) -> float | None:
    value = _metrics(result).get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _figure(result: Result, name: str, value: float | None) -> Piece:
    if value is None:
        return Piece("")
    text = fmt.metric(value, name) if name in METRICS else fmt.number(value)
    return Piece(UNSURE + text if result.is_unsure(name) else text)


def _parameter(result: Result, name: str) -> Piece:
    return Piece(neutral(fmt.value(result.experiment.parameters.get(name))))


def _half_width(result: Result) -> Piece:
    if result.half_width is None or not result.score:
        return Piece("")
    return Piece(fmt.percent(result.half_width / abs(result.score)), "dim")


def _against(result: Result, against: Result) -> Piece:
    if result.id == against.id:
        return Piece("base" if result.experiment.why == "baseline" else "best", "accent")
    change = difference(result, against)
    if change is None or not against.score:
        return Piece("")
    within = abs(change[0]) <= change[1]
    return Piece(fmt.percent(change[0] / against.score, signed=True), "dim" if within else "")


def _gpus(result: Result) -> float | None:
    return result.attempt.gpu_count if result.attempt else None
