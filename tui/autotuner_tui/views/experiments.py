"""The table of experiments: the parameters that vary, what each does or has come to, its score and the difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from autotuner_core.report import format as fmt
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result, difference
from autotuner_core.run.experiment_state import AttemptState, ExperimentState
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.stages import STAGES, level_under_way
from autotuner_tui.streams import StreamsNow
from autotuner_tui.widgets.lines import Piece, neutral, shortened
from autotuner_tui.widgets.table import Column

WIDEST_PARAMETER = 14
if TYPE_CHECKING:
    from autotuner_tui.headless.level_tail import Tail

LEAD_CELLS, LEAST_HEAD, STAGE_CELLS = 2, 5, 19
SCORE_CELLS, WIDEST_SCORE, DIFFERENCE_CELLS = 14, 18, 9


def varying(state: RunState) -> list[str]:
    """The parameters that differ between the experiments, in the task's order."""
    names = list(dict.fromkeys(name for e in state.experiments.values() for name in e.parameters))
    return [n for n in names if len({repr(e.parameters.get(n)) for e in state.experiments.values()}) > 1] or names


def columns(state: RunState, names: Sequence[str], ranking: Ranking | None, width: int) -> list[Column]:
    """Number, parameters, stage, score, difference: as wide as the run's values ask, whatever happens. Where `width`
    (cells) is short, the names of parameters and of the metric are cut before the stage is."""
    has_baseline = state.plan.get("baseline") is not None or any(
        e.why == "baseline" for e in state.experiments.values()
    )
    metric = ranking.objective.metric if ranking else "score"
    number = Column("#", max(2, len(str(max(state.experiments, default=0)))), right=True)
    score = Column(metric, min(WIDEST_SCORE, max(SCORE_CELLS, len(metric))), right=True)
    change = Column("vs base" if has_baseline else "vs best", DIFFERENCE_CELLS, right=True, spare=1)
    wide = [_values_width(state, name) for name in names]
    heads = [min(WIDEST_PARAMETER, max(len(name), values)) for name, values in zip(names, wide, strict=True)]
    others = LEAD_CELLS + number.width + score.width + change.width + STAGE_CELLS + 4
    missing = others + sum(heads) + len(heads) - width
    while missing > 0 and any(head > max(LEAST_HEAD, values) for head, values in zip(heads, wide, strict=True)):
        at = max(range(len(heads)), key=lambda n: heads[n] - max(LEAST_HEAD, wide[n]))
        heads[at] -= 1
        missing -= 1
    if missing > 0:
        score = score._replace(name=shortened(metric, SCORE_CELLS), width=SCORE_CELLS)
    parameters = [
        Column(shortened(neutral(name), cells), cells, right=True, spare=place + 1 if place else 0)
        for place, (name, cells) in enumerate(zip(names, heads, strict=True))
    ]
    return [number, *parameters, Column("stage", 0), score, change]


def _values_width(state: RunState, name: str) -> int:
    return max((len(fmt.value(e.parameters.get(name))) for e in state.experiments.values()), default=1)


def row_maker(
    state: RunState, names: Sequence[str], ranking: Ranking | None, streams: StreamsNow
) -> Callable[[object], Sequence[Piece]]:
    """Makes the cells of an experiment by its number."""
    against = ranking.against if ranking is not None else None

    def row(key: object) -> Sequence[Piece]:
        experiment = state.experiments.get(key) if isinstance(key, int) else None
        if experiment is None:
            return ()
        result = ranking.by_id.get(experiment.id) if ranking is not None else None
        return (
            Piece(str(experiment.id)),
            *(Piece(fmt.value(experiment.parameters.get(name))) for name in names),
            stage_cell(experiment, state, streams.tails.get(experiment.id)),
            _score(result),
            _difference(result, against),
        )

    return row


def stage_cell(experiment: ExperimentState, state: RunState, tail: Tail | None = None) -> Piece:
    """A sign, a word and, under way, the level with its counts: no colour carries the meaning alone."""
    attempt = experiment.latest
    if experiment.status == "running" and attempt is not None:
        return Piece(f"▶ {_under_way(attempt, state, tail)}", "busy")
    if experiment.status == "queued":
        again = " again" if experiment.attempts else ""
        return Piece(f"· queued{again}", "dim")
    if experiment.status == "failed":
        cause = attempt.ended.cause if attempt is not None and attempt.ended is not None else None
        return Piece(f"✘ {(cause or 'failed').replace('_', ' ')}", "bad")
    if experiment.status == "success":
        scored = experiment.scored
        missed = scored is not None and scored.ended is not None and scored.ended.feasible is False
        return Piece("◐ misses SLO", "warn") if missed else Piece("✔ ok", "good")
    return Piece(f"- {experiment.status}", "dim")


def _under_way(attempt: AttemptState, state: RunState, tail: Tail | None) -> str:
    level = level_under_way(attempt)
    if attempt.skip_asked:
        return "being skipped"
    if level is None or level.started is None:
        return STAGES.get(attempt.stage, attempt.stage.replace("_", " "))
    name = "warm-up" if level.level == 0 else f"level {level.level}/{state.planned_levels}"
    done = f" {tail.ok + tail.failed}/{level.started.max_requests}" if tail and level.started.max_requests else ""
    return f"{name} x{level.started.concurrency}{done}"


def _score(result: Result | None) -> Piece:
    if result is None or result.score is None:
        return Piece("")
    unsure = "~" if result.is_unsure(result.objective.metric) else ""
    return Piece(unsure + fmt.metric(result.score, result.objective.metric), "" if result.feasible else "dim")


def _difference(result: Result | None, against: Result | None) -> Piece:
    if result is None or against is None or not against.score:
        return Piece("")
    if result.id == against.id:
        return Piece("base" if result.experiment.why == "baseline" else "best", "accent")
    change = difference(result, against)
    return Piece(fmt.percent(change[0] / against.score, signed=True)) if change else Piece("")
