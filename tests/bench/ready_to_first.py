"""From a server that is ready to the first request that it gets (the warm-up's, where caches were flushed before), and
from one level's end to the next one's first request: with one experiment at a time and with eight at once. Beside it,
in the same run, the time from calling the plain genai-bench command line to its first request.

Eight engines, eight load generators and the tuner on few cores take time from each other: that is the machine's share.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.command import child_environment
from autotuner_core.benchmark.samples import LevelSamples, read_samples
from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from misbehaving import Misbehaving
from tests.bench.runs import plain_command, run_task, stand_in_task
from tests.bench.table import Figure, arguments, report

AT_ONCE = 8


@dataclass(frozen=True)
class Waits:
    """Seconds, one for each attempt, and one for each pair of levels that follow each other."""

    ready_to_first: list[float]
    level_to_level: list[float]


def waits_of(task: dict[str, Any], folder: Path) -> Waits:
    """Run the task, and read from its journal and samples how long the servers waited for requests."""
    folder.mkdir()
    run, state = run_task(task, folder)
    waits = Waits([], [])
    for experiment in state.experiments.values():
        for attempt in experiment.attempts:
            levels = read_samples(run.attempt(experiment.id, attempt.attempt) / "samples.jsonl")
            if not levels:
                continue
            ordered = [levels[index] for index in sorted(levels)]
            waits.ready_to_first.append(first_request(ordered[0]) - dict(attempt.stages)["benchmarking"])
            for before, after in pairwise(ordered):
                waits.level_to_level.append(first_request(after) - on_the_wall(before, before.ended))
    return waits


def first_request(level: LevelSamples) -> float:
    """When it was sent, in seconds since the epoch."""
    return on_the_wall(level, level.started)


def on_the_wall(level: LevelSamples, mono: float) -> float:
    """A moment of the load generator's monotonic clock in seconds since the epoch."""
    return level.wall + mono - level.mono


def task_of(name: str, tokenizer: Path, experiments: int, at_once: int) -> dict[str, Any]:
    """So many configurations of three short levels (and the warm-up) each, on simulated GPUs."""
    ttfts = [0.01 + 0.001 * number for number in range(experiments)]
    task = stand_in_task(
        name,
        ttfts,
        tokenizer,
        optimization={"max_parallel": at_once, "timeout_per_iteration": 120},
        benchmark={"traffic_scenarios": ["D(20,20)"], "num_concurrency": [1, 2, 3], "max_requests_per_iteration": 10},
        local={"gpus": list(range(at_once)), "gpus_per_experiment": 1},
    )
    return {**task, "fixed": {"tpot": 0.01}}  # long enough to be steady: an attempt that is not would be repeated


def plain_to_first(tokenizer: Path, folder: Path) -> float:
    """Seconds from calling the plain command line to its first request."""
    with Misbehaving(ttft=0.01) as server:
        command = plain_command(
            server.url, "tiny", tokenizer, folder, scenario="D(20,20)", concurrency=(1,), requests=10
        )
        environment = child_environment(os.environ, tokenizer_is_local=True)
        began = time.monotonic()
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while not server.requests and process.poll() is None:
                time.sleep(0.005)
            took = time.monotonic() - began
            process.kill()
        if not server.requests:
            raise RuntimeError("the plain command line sent no request")
    return took


def main() -> None:
    options = arguments(__doc__ or "", repeats=8)
    tokenizer = tokenizer_folder()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = waits_of(task_of("one", tokenizer, options.repeats, 1), folder / "one")
        eight = waits_of(task_of("eight", tokenizer, 2 * AT_ONCE, AT_ONCE), folder / "eight")
        plain = []
        for number in range(3):
            place = folder / f"plain{number}"
            place.mkdir()
            plain.append(plain_to_first(tokenizer, place))
    rival = Figure.of("plain command line to first request", "s", plain)
    figures = [
        Figure.of("ready to first request, one at a time", "s", one.ready_to_first, "median under 0.25"),
        Figure.of("level to level, one at a time", "s", one.level_to_level, "median under 0.25"),
        Figure.of("ready to first request, eight at once", "s", eight.ready_to_first, "median under 0.25"),
        Figure.of("level to level, eight at once", "s", eight.level_to_level, "median under 0.25"),
        rival,
    ]
    ratio = [sample / rival.median for sample in one.ready_to_first]
    figures.append(Figure.of("one at a time : plain", "times", ratio))
    report("Ready to first request", figures, options.json)


if __name__ == "__main__":
    main()
