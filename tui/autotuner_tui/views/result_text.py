"""What came out of a run, in sentences; and all that is known of one result."""

from __future__ import annotations

from collections.abc import Sequence

from autotuner_core.report import format as fmt
from autotuner_core.report.evidence import log_of, telling_lines
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.ranking_table import level_name
from autotuner_core.report.result import Result
from autotuner_core.report.unsound import earlier_rejections
from autotuner_core.report.winner_text import winner_sentences
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.words import plain
from autotuner_tui.views.result_cells import place_of
from autotuner_tui.views.wrapped import wrapped
from autotuner_tui.widgets.lines import Line, line

EMPTY = "the ranking will stand here when the first experiment has come to its end"


def summary_lines(state: RunState, ranking: Ranking | None, width: int) -> list[Line]:
    """What the run asks for and how far it is; the winner against the baseline, with how sure that is."""
    if ranking is None:
        return [line((f" {EMPTY}", "dim"))]
    objective = ranking.objective
    levels = "all levels" if objective.levels == "all" else "the best level"
    asked = f"{objective.direction} {objective.metric}, {levels}"
    limits = ", ".join(f"{name} ≤ {fmt.metric(limit, name)}" for name, limit in ranking.slo.items())
    of = f"{len(ranking.results)} of {len(state.experiments)} done"
    stands = "ended" if state.end is not None else "goes on: this is how it stands"
    name = plain(str(state.task.get("task_name", "")), 40)
    (first_row, *rows) = wrapped(
        f"{name} · {asked}{f' · SLO {limits}' if limits else ''} · {of}, {stands}", width, "dim"
    )
    cut = len(name) + 1
    head = line((first_row[0].text[:cut], "strong"), (first_row[0].text[cut:], "dim"))
    winner, *others = winner_sentences(ranking)
    lines = wrapped(winner, width, "accent")
    return [head, *rows, *lines, *(row for text in others for row in wrapped(text, width))]


def result_lines(state: RunState, result: Result | None, ranking: Ranking | None, width: int) -> list[Line]:
    """A result whole: its configuration, its score, why it failed, by what to see that, how to cure it."""
    if result is None or ranking is None:
        return [line((" a chosen result's configuration, score or failure will stand here", "dim"))]
    configuration = fmt.parameters(result.experiment.parameters)
    place = f", rank {place_of(result, ranking)}" if result.id in ranking.places else ""
    lines = wrapped(f"experiment {result.id}{place}: {configuration}", width, "strong")
    if result.score is not None:
        lines += wrapped(_score(result), width)
        if said := earlier_rejections(result):
            lines += wrapped(said, width, "warn")
        return lines
    return [*lines, *failure_lines(state, result, width)]


def _score(result: Result) -> str:
    metric = result.objective.metric
    text = f"{metric} {fmt.metric(result.score, metric)}"
    if result.half_width and result.score:
        text += f" {fmt.noise(result.half_width, result.score, metric)} within its measurement"
    text += f" at {level_name(result)}" if level_name(result) else ""
    if result.feasible is False:
        text += f"; misses the SLO by {fmt.percent(result.miss)}"
    return text


def failure_lines(state: RunState, result: Result, width: int) -> list[Line]:
    """Cause, evidence, log and cure of a result without a score; the reason of one that was left out."""
    ended = result.attempt.ended if result.attempt else None
    if ended is None or result.status != "failed":
        reason = result.experiment.skip_reason or (ended.message if ended else "")
        return wrapped(f"{result.status}{f': {reason}' if reason else ''}", width, "dim")
    lines = wrapped(f"✘ {(ended.cause or 'failed').replace('_', ' ')}: {ended.message}", width, "bad")
    for told in telling_lines(ended):
        lines += wrapped(f"| {told}", width, "dim")
    if ended.cure:
        lines += wrapped(f"cure: {ended.cure}", width)
    if where := log_of(state, ended):
        lines += wrapped(f"log: {where}", width, "dim")
    return lines


def counted_title(ranking: Ranking | None) -> str:
    """`Ranking 7 · failed 1 · skipped 1`."""
    if ranking is None:
        return "Ranking"
    statuses: Sequence[str] = [result.status for result in ranking.results]
    others = [f"{word} {n}" for word in ("failed", "skipped", "pruned") if (n := statuses.count(word))]
    return " · ".join([f"Ranking {len(ranking.ranked)}", *others])
