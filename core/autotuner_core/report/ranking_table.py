"""The ranking as a table that fits the width."""

from __future__ import annotations

import textwrap

from autotuner_core.report import format as fmt
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result, difference
from autotuner_core.report.table import Column, table_lines
from autotuner_core.report.unsound import earlier_rejections

ROWS = 30
FURTHER_METRICS = ("output_throughput", "ttft.p95", "tpot.p95", "e2e_latency.p95")
MOST_FURTHER_METRICS = 3
UNSURE = "~"
AGAIN = "*"


def ranking_lines(ranking: Ranking, width: int) -> list[str]:
    """The table of the scored results from best to worst, 30 of them at most; empty without any."""
    if not ranking.ranked:
        return []
    rows = ranking.ranked[:ROWS]
    lines = table_lines(_columns(ranking, rows), width)
    if len(ranking.ranked) > ROWS:
        lines.append(f"... {len(ranking.ranked) - ROWS} more in the file"[:width])
    for row in rows:
        if said := earlier_rejections(row):
            lines += textwrap.wrap(f"{AGAIN} exp {row.id}: {said}", width, subsequent_indent="  ")
    if any(UNSURE in line for line in lines):
        note = f"{UNSURE} too few requests for this percentile (a p95 wants 200, a p99 1000)"
        lines += textwrap.wrap(note, width, subsequent_indent="  ")
    return lines


def _columns(ranking: Ranking, rows: tuple[Result, ...]) -> list[Column]:
    objective = ranking.objective
    columns = [
        Column("rank", tuple(_place(ranking, place, row) for place, row in enumerate(rows, 1)), right=True),
        Column("exp", tuple(_experiment(row) for row in rows), right=True),
        *_parameter_columns(ranking, rows),
        Column(objective.metric, tuple(_score(row) for row in rows), right=True),
    ]
    if ranking.baseline is not None and ranking.baseline.score:
        columns.append(Column("vs baseline", tuple(_against(row, ranking.baseline) for row in rows), True, spare=2))
    if ranking.slo:
        columns.append(Column("SLO", tuple(_slo(row, ranking) for row in rows), spare=1))
    for place, name in enumerate(_further_metrics(ranking, rows)):
        columns.append(Column(name, tuple(_metric(row, name) for row in rows), right=True, spare=4 + place))
    columns.append(Column("level", tuple(_level(row) for row in rows), spare=3))
    return [column for column in columns if any(column.cells)]


def _place(ranking: Ranking, place: int, row: Result) -> str:
    """`=` where it cannot be told apart from the best."""
    return f"={place}" if row.id in ranking.tied_ids else str(place)


def _experiment(row: Result) -> str:
    """`*` where earlier measurements were rejected."""
    return f"{AGAIN}{row.id}" if earlier_rejections(row) else str(row.id)


def _parameter_columns(ranking: Ranking, rows: tuple[Result, ...]) -> list[Column]:
    """A column for each parameter that differs between the results; all in one where there are many."""
    names = list(dict.fromkeys(name for row in ranking.results for name in row.experiment.parameters))
    differing = [n for n in names if len({repr(r.experiment.parameters.get(n)) for r in ranking.results}) > 1]
    shown = differing or names
    if len(shown) > 4:
        cells = (fmt.parameters({n: row.experiment.parameters.get(n) for n in shown}) for row in rows)
        return [Column("configuration", tuple(cells))]
    return [Column(n, tuple(fmt.value(row.experiment.parameters.get(n)) for row in rows)) for n in shown]


def _score(row: Result) -> str:
    score = fmt.metric(row.score, row.objective.metric)
    return UNSURE + score if row.is_unsure(row.objective.metric) else score


def _against(row: Result, baseline: Result) -> str:
    change = difference(row, baseline)
    if row.id == baseline.id:
        return "baseline"
    return fmt.percent(change[0] / baseline.score, signed=True) if change and baseline.score else ""


def _slo(row: Result, ranking: Ranking) -> str:
    if row.feasible:
        return "met"
    binding = row.attempt.ended.binding_limit if row.attempt and row.attempt.ended else None
    return f"missed by {fmt.percent(row.miss)}" + (f" ({binding})" if binding and len(ranking.slo) > 1 else "")


def _further_metrics(ranking: Ranking, rows: tuple[Result, ...]) -> list[str]:
    names = dict.fromkeys((*ranking.slo, *FURTHER_METRICS))
    names.pop(ranking.objective.metric, None)
    return [name for name in names if any(row.metric(name) is not None for row in rows)][:MOST_FURTHER_METRICS]


def _metric(row: Result, name: str) -> str:
    value = fmt.metric(row.metric(name), name)
    return UNSURE + value if row.is_unsure(name) and value != "-" else value


def _level(row: Result) -> str:
    """The level that decides, as `D(100,100) x4`; empty where all do."""
    return level_name(row)


def level_name(row: Result) -> str:
    """The name of the level that decides; empty where all of them do."""
    number = row.attempt.ended.deciding_level if row.attempt and row.attempt.ended else None
    level = row.attempt.levels.get(number) if row.attempt and number is not None else None
    return f"{level.ended.scenario} x{level.ended.concurrency}" if level and level.ended else ""
