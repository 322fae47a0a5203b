"""What ending a level early saves, and what it costs: the seconds of a level that was run in full against the moment at
which it would have ended by precision, or by a lost SLO, and how far its figure was from the full one then.

Real levels come from the load generator against the stand-in engine, and are played again from their samples. Levels on
paper, of an engine whose speed drifts, tell by their known truth how often an interval holds it (the coverage, to be
read against that of the full levels), and what looking costs in a level of 10,000 requests."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.base import Level, LevelRun
from autotuner_core.benchmark.samples import read_samples
from autotuner_core.benchmark.so_far import run_until
from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from autotuner_core.scoring.figures import figures_of
from tests.bench.runs import run_task, stand_in_task
from tests.bench.table import Figure, arguments, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from early_loop import DriftingLoop, play, watch_of

METRICS = ("output_throughput", "e2e_latency.mean", "ttft.p90")
PRECISION = 0.02
REQUESTS = 400
PAPER_PRECISION = 0.03
DRIFTS: dict[str, Any] = {"ttft": (0.02, 0.3), "drift": 0.1, "memory": 0.5}


def real_levels(repeats: int) -> list[LevelRun]:
    """Full levels of as many configurations, each at concurrency 1 and 2, as the load generator wrote them down."""
    limits = {"num_concurrency": [1, 2], "max_requests_per_iteration": REQUESTS}
    ttfts = [0.01 + 0.002 * number for number in range(repeats)]
    runs: list[LevelRun] = []
    with tempfile.TemporaryDirectory() as name:
        task = stand_in_task("early-end", ttfts, tokenizer_folder(), benchmark=limits)
        folder, state = run_task(task, Path(name))
        for experiment, found in state.experiments.items():
            if found.scored is not None:
                path = folder.attempt(experiment, found.scored.attempt) / "samples.jsonl"
                for index, samples in read_samples(path).items():
                    level = Level(index, samples.scenario, samples.concurrency, 60.0, REQUESTS, 1)
                    rows, ended_by = tuple(samples.rows), str(samples.end["ended_by"])
                    runs += [LevelRun(level, rows, samples.started, samples.ended, ended_by)] if index else []
    return runs


def saved_and_off(runs: Sequence[LevelRun], metric: str) -> tuple[list[float], list[float]]:
    """By precision: the share of each level's seconds that is saved, and how far the figure is from the full one."""
    saved, off = [], []
    for run in runs:
        ended = play(run, watch_of(run, metric, PRECISION))
        full, early = (figures_of(each, slo={}).number(metric) for each in (run, ended))
        saved.append(100 * (1 - ended.seconds / run.seconds))
        off.append(100 * abs(early / full - 1))
    return saved, off


def saved_by_lost_slo(runs: Sequence[LevelRun]) -> list[float]:
    """By a limit at half of what the level's p95 is."""
    saved = []
    for run in runs:
        slo = {"ttft.p95": figures_of(run, slo={}).number("ttft.p95") / 2}
        saved.append(100 * (1 - play(run, watch_of(run, METRICS[0], None, slo)).seconds / run.seconds))
    return saved


def coverage(levels: int, metric: str) -> list[Figure]:
    """How often the intervals of levels on paper hold the truth: of those ended early, and of the full ones."""
    runs = [DriftingLoop(4, 3000, seed=seed, **DRIFTS).run() for seed in range(levels)]
    truth = statistics.fmean(figures_of(run, slo={}).number(metric) for run in runs)
    ended = [play(run, watch_of(run, metric, PAPER_PRECISION)) for run in runs]
    figures = []
    for name, some in (("ended early", ended), ("full", runs)):
        held = []
        for run in some:
            values = figures_of(run, slo={})
            held.append(abs(values.number(metric) - truth) <= values.number(f"half_width.{metric}"))
        share = 100 * sum(held) / len(held)
        figures.append(Figure(f"coverage, {metric}, {name}", "%", len(held), share, share, share, "about 95"))
    saved = [100 * (1 - early.seconds / run.seconds) for early, run in zip(ended, runs, strict=True)]
    off = [100 * abs(figures_of(run, slo={}).number(metric) / truth - 1) for run in ended]
    figures.append(Figure.of(f"saved on paper, {metric}", "%", saved))
    figures.append(Figure.of(f"off the truth on paper, {metric}", "%", off, f"p90 under {100 * PAPER_PRECISION:g}"))
    return figures


def cost_of_looking() -> list[Figure]:
    """Seconds of the tuner's own time for looking at a level of 10,000 requests of 100 tokens, to its end."""
    run = DriftingLoop(32, 10_000, output=100, seed=1, **DRIFTS).run()
    rows = sorted((row for row in run.rows if row.end is not None), key=lambda row: row.end or 0.0)
    watch = watch_of(run, "total_throughput", 1e-6, {"ttft.p95": 1.0, "e2e_latency.mean": 100.0})
    looks, taken = [], 0
    moment = run.started
    while taken < len(rows):
        moment += 0.1
        before = taken
        while taken < len(rows) and (rows[taken].end or 0.0) <= moment:
            taken += 1
        so_far = partial(run_until, run.level, rows[:taken], None)
        began = time.perf_counter()
        watch.look(rows[before:taken], so_far)
        looks.append(time.perf_counter() - began)
    whole = [100 * sum(looks) / run.seconds]
    return [
        Figure.of("one look, 10,000 requests", "ms", [1000 * look for look in looks], "worst under 100"),
        Figure.of("all looks, of the level's time", "%", whole, "under 1"),
    ]


def main() -> None:
    options = arguments(__doc__ or "", repeats=3)
    figures = cost_of_looking()
    for metric in METRICS[:2]:
        figures += coverage(20 * options.repeats, metric)
    runs = real_levels(options.repeats)
    for metric in METRICS:
        saved, off = saved_and_off(runs, metric)
        figures.append(Figure.of(f"saved by precision, {metric}", "%", saved))
        figures.append(Figure.of(f"off the full figure, {metric}", "%", off, f"p90 under {100 * PRECISION:g}"))
    figures.append(Figure.of("saved by a lost SLO (ttft.p95)", "%", saved_by_lost_slo(runs)))
    report(f"Levels that end early (precision {PRECISION:g}, of {REQUESTS} requests)", figures, options.json)


if __name__ == "__main__":
    main()
