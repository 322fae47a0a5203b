"""A plan as text: what will be measured, how, how long it takes, what it costs, what is to be known before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autotuner_core.report.format import duration, metric, number, parameters, value
from autotuner_tui.cli.table import table_lines
from autotuner_tui.headless.words import plain

if TYPE_CHECKING:
    from autotuner_core.plan.forecast import Forecast, Span
    from autotuner_core.plan.plan import Plan

ROWS_SHOWN = 20


def plan_lines(plan: Plan, task_name: str, *, everything: bool = False) -> list[str]:
    """The plan, findings apart. Not more than ROWS_SHOWN configurations, except with `everything`."""
    return [
        f"{plain(task_name)}: {_goal(plan)}",
        "",
        *_configurations(plan, everything),
        "",
        *_levels(plan),
        "",
        *_times(plan.forecast),
    ]


def _goal(plan: Plan) -> str:
    objective = plan.objective
    unit = f" ({objective.unit})" if objective.unit else ""
    where = "of the best level" if objective.levels == "best" else "over all levels"
    return f"{objective.direction} {objective.metric}{unit} {where}{_limits(plan)}"


def _limits(plan: Plan) -> str:
    limits = [f"{name} at most {metric(limit, name)}" for name, limit in plan.slo.items()]
    return f"; SLO: {', '.join(limits)}" if limits else ""


def _configurations(plan: Plan, everything: bool) -> list[str]:
    shown = plan.experiments if everything else plan.experiments[:ROWS_SHOWN]
    turns = {experiment: turn for turn, experiment in enumerate(plan.order, start=1)}
    head = ("exp", "turn", *plan.varying, "GPUs", "why")
    rows = [
        (
            str(experiment.id),
            str(turns.get(experiment.id, "")),
            *(_value(experiment.parameters, name) for name in plan.varying),
            number_of_gpus(experiment.gpu_count),
            experiment.why,
        )
        for experiment in shown
    ]
    hidden = len(plan.experiments) - len(shown)
    more = [f"... and {hidden} more (--all shows them)"] if hidden else []
    fixed = [f"in all of them: {parameters(plan.fixed)}"] if plan.fixed else []
    return [_count(plan), *table_lines(head, rows, right=frozenset(head[:-1])), *more, *fixed]


def _count(plan: Plan) -> str:
    """`4 of 16 configurations (...)`: how many are measured, and where the others went."""
    counts = plan.candidates
    gone = [f"{counts.rejected} ruled out by constraints"] if counts.rejected else []
    gone += [f"{counts.dropped} left out by max_iterations, the rest spread over the grid"] if counts.dropped else []
    besides = len(plan.experiments) - counts.chosen
    gone += ["and the baseline besides"] if besides > 0 else []
    return f"{counts.chosen} of {counts.product} configurations{' (' + '; '.join(gone) + ')' if gone else ''}"


def _value(configuration: Any, name: str) -> str:
    return plain(value(configuration[name]), 40) if name in configuration else "-"


def number_of_gpus(count: float) -> str:
    """`2`; a dash where a configuration holds none."""
    return f"{count:g}" if count else "-"


def _levels(plan: Plan) -> list[str]:
    """What each configuration is loaded with, and the time that each level may take."""
    of = plan.forecast
    spans = [of.warm_up, *of.levels]
    rows = [
        (
            "warm-up" if level.warm_up else str(level.index),
            plain(level.scenario, 40),
            str(level.concurrency),
            str(level.max_requests),
            duration(level.max_seconds),
            between(span),
        )
        for level, span in zip(plan.levels, spans, strict=True)
    ]
    head = ("level", "scenario", "concurrency", "requests", "time limit", "may take")
    return ["load of each configuration", *table_lines(head, rows, right=frozenset(head[2:]))]


def _times(of: Forecast) -> list[str]:
    rows = [
        ("start until ready", between(of.deploy)),
        ("benchmark (warm-up and levels)", between(of.benchmark)),
        ("clean-up", between(of.clean_up)),
        ("one configuration", between(of.experiment)),
    ]
    if of.experiments > 1:
        how = "one after the other" if of.parallel == 1 else f"{of.parallel} at a time"
        rows.append((f"all {of.experiments}, {how}", between(of.total)))
    lines = table_lines(("time", "may take"), rows)
    gpu_hours = f"{number(of.gpu_hours.low)} to {number(of.gpu_hours.high)}" if of.gpu_hours.high else "none"
    return [
        *lines,
        f"GPU-hours: {gpu_hours}",
        "(the first figure is for a quick engine, the second is what the limits allow)",
    ]


def between(span: Span) -> str:
    """`1 min 00 s to 10 min 00 s`."""
    low, high = duration(span.low), duration(span.high)
    return low if low == high else f"{low} to {high}"
