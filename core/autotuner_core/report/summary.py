"""The summary of a run for people, as plain text: what was sought, the ranking, the winner, and what went wrong."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from autotuner_core.report import format as fmt
from autotuner_core.report.engine_limits import limit_sentences
from autotuner_core.report.failures_text import failure_blocks
from autotuner_core.report.ranker import ranking_of
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.ranking_table import ranking_lines
from autotuner_core.report.winner_text import winner_sentences
from autotuner_core.run.run_state import BENCHMARK_JOB

if TYPE_CHECKING:
    from autotuner_core.run.run_state import RunState

NARROWEST = 20


def summary_text(state: RunState, width: int) -> str:
    """The summary in lines of at most `width` characters (20 at least), ending with a line break."""
    if not state.task:
        return "Nothing is recorded of this run yet.\n"
    ranking, width = ranking_of(state), max(NARROWEST, width)
    blocks = [
        _wrapped(_heading(state, ranking), width),
        ranking_lines(ranking, width),
        _wrapped([*winner_sentences(ranking), *_limits(state, ranking)], width),
        *(_wrapped(block, width) for block in failure_blocks(state, ranking)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _limits(state: RunState, ranking: Ranking) -> list[str]:
    return limit_sentences(ranking.best or ranking.closest, state.task.get("fixed") or {})


def _heading(state: RunState, ranking: Ranking) -> list[str]:
    objective = ranking.objective
    unit = f" ({objective.unit})" if objective.unit else ""
    levels = "at the best level" if objective.levels == "best" else "over all levels"
    name = fmt.one_line(str(state.task.get("task_name", "")))
    lines = [f"{name}, run {state.run_id}: {objective.direction} {objective.metric}{unit} {levels}"]
    if ranking.slo:
        limits = (f"{metric} at most {fmt.metric(limit, metric)}" for metric, limit in ranking.slo.items())
        lines.append(f"SLO: {', '.join(limits)}")
    if state.load == BENCHMARK_JOB:
        lines.append("Load: from inside the cluster (BenchmarkJobs); figures of a load from outside are others")
    return [*lines, _counts(state, ranking)]


def _counts(state: RunState, ranking: Ranking) -> str:
    count = state.counts()
    unfinished = len(state.experiments) - len(ranking.results)
    scored = f"{len(ranking.ranked)} scored"
    if ranking.slo and ranking.ranked:
        scored += f" ({sum(bool(result.feasible) for result in ranking.ranked)} meet the SLO)"
    words = [scored, *(f"{count[status]} {status}" for status in ("failed", "skipped", "pruned") if count[status])]
    if unfinished:
        words.append(f"{unfinished} not measured yet")
    line = f"{_plural(len(state.experiments), 'experiment')}: {', '.join(words)}; {fmt.duration(state.elapsed())}"
    hours = state.gpu_seconds() / 3600
    return f"{line}, {fmt.number(hours)} GPU-hours" if hours else line


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _wrapped(lines: list[str], width: int) -> list[str]:
    """Each line wrapped, what follows indented as the line itself is and by two more."""
    wrapped: list[str] = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        wrapped += textwrap.wrap(
            line, width, subsequent_indent=indent, drop_whitespace=True, break_on_hyphens=False
        ) or [""]
    return wrapped
