"""A result's cells in the table of results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autotuner_core.report import format as fmt
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.ranking_table import FURTHER_METRICS, UNSURE
from autotuner_core.report.result import Result, difference
from autotuner_core.scoring.metrics import metric_names
from autotuner_core.scoring.sample_figures import HALF_WIDTH
from autotuner_tui.widgets.lines import Piece, neutral

METRICS = frozenset(metric_names())


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


def place_cell(result: Result, ranking: Ranking) -> Piece:
    """Its place, or the sign of why it has none: on a narrow terminal there is no room for the outcome."""
    if result.id in ranking.places:
        return Piece(place_of(result, ranking))
    shown = outcome(result, ranking)
    return Piece(shown.text[:1], shown.style)


def miss_or_cause(result: Result) -> object:
    """What the outcome is sorted by: misses from the least, then causes."""
    return result.miss if result.score is not None else _cause(result)


def _cause(result: Result) -> str:
    ended = result.attempt.ended if result.attempt else None
    return ((ended.cause if ended else None) or result.status).replace("_", " ")


def _metrics(result: Result) -> Mapping[str, Any]:
    return (result.attempt.ended.metrics if result.attempt and result.attempt.ended else None) or {}


def figure_of(result: Result, name: str) -> float | None:
    """One of the figures behind the score."""
    value = _metrics(result).get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def figure_cell(result: Result, name: str, value: float | None) -> Piece:
    """A figure with its unit; `~` where too few requests are behind it."""
    if value is None:
        return Piece("")
    text = fmt.metric(value, name) if name in METRICS else fmt.number(value)
    return Piece(UNSURE + text if result.is_unsure(name) else text)


def parameter_cell(result: Result, name: str) -> Piece:
    """A parameter's value."""
    return Piece(neutral(fmt.value(result.experiment.parameters.get(name))))


def half_width_cell(result: Result) -> Piece:
    """Half the interval of the score as a share of it."""
    if result.half_width is None or not result.score:
        return Piece("")
    return Piece(fmt.percent(result.half_width / abs(result.score)), "dim")


def against_cell(result: Result, against: Result) -> Piece:
    """The difference as a share; dim where it is within the noise."""
    if result.id == against.id:
        return Piece("base" if result.experiment.why == "baseline" else "best", "accent")
    change = difference(result, against)
    if change is None or not against.score:
        return Piece("")
    within = abs(change[0]) <= change[1]
    return Piece(fmt.percent(change[0] / against.score, signed=True), "dim" if within else "")


def gpus(result: Result) -> float | None:
    """How many GPUs the attempt that counts held."""
    return result.attempt.gpu_count if result.attempt else None
