"""How long a run takes and how many GPU-hours, as far as that can be told before it starts: between `low` and `high`.

`high` is what limits allow. `low` rests on the guesses named below, for an engine that is quick and never fails, meets
its SLO, and answers so evenly that `benchmark.precision` ends its levels at the first chance.
Retries of what fails through its surroundings are in neither.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from autotuner_core.plan.levels import levels_of
from autotuner_core.scoring.wanted import LEAST_SECONDS, can_be_told, fewest_to_end

if TYPE_CHECKING:
    from autotuner_core.benchmark.level import Level
    from autotuner_core.task.model import Task

LEAST_BENCHMARK_LIMIT = 1800.0
"""Seconds; the document's time limit of a benchmark, where the task gives none and its levels are shorter."""

LEVEL_SLACK = 15.0
"""Seconds beside the load itself that a level may take: starting clients, the last answers, emptying caches."""

QUICK_TOKENS_PER_SECOND = 500.0
"""Output tokens a second for one request: what a small model on a good GPU does. A guess, for `low` alone."""

_QUICK_START = {"ome": 60.0, "llama.cpp": 1.0, "llama-server": 2.0}
_QUICK_START_ELSE = 15.0
_CLEAN_UP = {"ome": (5.0, 90.0), "local": (0.5, 20.0)}

_LENGTHS = re.compile(r"([DNU])\(([\d.]+),([\d.]+)\)(?:/\(([\d.]+),([\d.]+)\))?")
_USUAL_OUTPUT = 100.0


@dataclass(frozen=True)
class Span:
    """Between `low` and `high`; seconds, or GPU-hours."""

    low: float
    high: float

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def times(self, factor: float) -> Span:
        return Span(self.low * factor, self.high * factor)

    def to_json(self) -> dict[str, float]:
        return {"low": round(self.low, 4), "high": round(self.high, 4)}


@dataclass(frozen=True)
class Forecast:
    """Seconds of each phase of one experiment, of all its levels in order, of an experiment and of the whole run;
    GPU-hours of the whole run. `parallel` experiments are under way at once."""

    deploy: Span
    warm_up: Span
    levels: tuple[Span, ...]
    benchmark: Span
    clean_up: Span
    experiment: Span
    total: Span
    gpu_hours: Span
    experiments: int
    parallel: int

    def to_json(self) -> dict[str, Any]:
        """The forecast as JSON: spans are objects with low and high."""
        spans = {f.name: value.to_json() for f in fields(self) if isinstance(value := getattr(self, f.name), Span)}
        levels = [level.to_json() for level in self.levels]
        return {**spans, "levels": levels, "experiments": self.experiments, "parallel": self.parallel}


def forecast_of(task: Task, gpu_counts: Sequence[float]) -> Forecast:
    """The forecast for experiments that hold these many GPUs, one number for each experiment."""
    warm_up, *measured = levels_of(task)
    deploy = _deploy(task)
    spans = [_early(level, task) for level in measured]
    benchmark = sum(spans, _level(warm_up))
    benchmark = Span(benchmark.low, min(benchmark.high, max(benchmark_limit(task), benchmark.low)))
    clean_up = Span(*_CLEAN_UP[task.backend])
    experiment = deploy + benchmark + clean_up
    parallel = max(1, min(task.optimization.max_parallel, len(gpu_counts)))
    return Forecast(
        deploy=deploy,
        warm_up=_level(warm_up),
        levels=tuple(spans),
        benchmark=benchmark,
        clean_up=clean_up,
        experiment=experiment,
        total=experiment.times(math.ceil(len(gpu_counts) / parallel)),
        gpu_hours=experiment.times(math.fsum(gpu_counts) / 3600),
        experiments=len(gpu_counts),
        parallel=parallel,
    )


def experiment_seconds_at_most(task: Task) -> float:
    """The longest that one attempt at an experiment can take, from its deployment to its clean-up, in seconds."""
    return forecast_of(task, [0]).experiment.high


def benchmark_limit(task: Task) -> float:
    """Seconds after which the benchmark of one configuration is given up: `benchmark.timeout`, or the sum of its
    levels plus slack, 1,800 s at least."""
    if task.benchmark.timeout is not None:
        return task.benchmark.timeout
    return max(LEAST_BENCHMARK_LIMIT, load_seconds_at_most(task))


def load_seconds_at_most(task: Task) -> float:
    """What the levels of one configuration may take together, warm-up and slack included, in seconds."""
    return math.fsum(_level(level).high for level in levels_of(task))


def output_tokens(scenario: str) -> float:
    """The mean number of output tokens that a traffic scenario asks for; 100 where it does not say."""
    match = _LENGTHS.fullmatch(scenario)
    if match is None:
        return _USUAL_OUTPUT
    kind, second, low, high = match.group(1, 3, 4, 5)
    if kind == "D":
        return float(second)
    if low is None or high is None:
        return float(second) / 2
    return float(low) if kind == "N" else (float(low) + float(high)) / 2


def _deploy(task: Task) -> Span:
    engine = "ome" if task.backend == "ome" else (task.local.engine if task.local else "llama.cpp")
    limit = task.optimization.timeout_per_iteration
    return Span(min(limit, _QUICK_START.get(engine, _QUICK_START_ELSE)), limit)


def _early(level: Level, task: Task) -> Span:
    """A level that `benchmark.precision` may end."""
    whole, metric = _level(level), task.optimization.objective.metric
    if task.benchmark.precision is None or not can_be_told(metric):
        return whole
    fewest = fewest_to_end(level, (metric, *task.optimization.slo), task.benchmark.validity)
    least = max(LEAST_SECONDS, _level(replace(level, max_requests=fewest)).low)
    return Span(min(whole.low, least), whole.high)


def _level(level: Level) -> Span:
    rounds = math.ceil(level.max_requests / level.concurrency)
    quick = rounds * output_tokens(level.scenario) / QUICK_TOKENS_PER_SECOND
    return Span(min(level.max_seconds, quick), level.max_seconds + LEVEL_SLACK)
