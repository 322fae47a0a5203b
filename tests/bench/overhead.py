"""What the tuner itself adds to an experiment: its wall time minus the engine's start until it answers minus the time
under load (warm-up included). Beside it, in the same run, what the plain genai-bench command line adds to the same
levels. Then the same with eight experiments at once on simulated GPUs, where a stub load generator keeps the machine's
two cores out of the figure."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from autotuner_core.run.experiment_state import AttemptState
from autotuner_core.run.folder import RunFolder
from killing import killed_task
from misbehaving import Misbehaving
from tests.bench.runs import plain_command, run_plainly, run_task, stand_in_task
from tests.bench.table import Figure, arguments, report


def seconds_under_load(samples: Path) -> float:
    """The time between the first request's start and the level's end, summed over all levels of an attempt."""
    begun: dict[int, float] = {}
    total = 0.0
    for line in samples.read_text().splitlines():
        record = json.loads(line)
        if record["kind"] == "level":
            begun[record["level"]] = record["mono"]
        elif record["kind"] == "level_end":
            total += record["mono"] - begun[record["level"]]
    return total


def own_seconds(folder: RunFolder, experiment: int, attempt: AttemptState) -> float:
    """The attempt's wall time without the engine's start and without the load."""
    stages = dict(attempt.stages)
    engine_start = stages["benchmarking"] - stages["waiting"]
    load = seconds_under_load(folder.attempt(experiment, attempt.attempt) / "samples.jsonl")
    return attempt.seconds(0.0) - engine_start - load


def plain_seconds(tokenizer: Path, folder: Path) -> float:
    """What the plain command line takes beside the load, for the same levels against the same server."""
    with Misbehaving(ttft=0.01) as server:
        command = plain_command(
            server.url, "tiny", tokenizer, folder, scenario="D(20,60)", concurrency=(1, 4), requests=40
        )
        began = time.monotonic()
        load = run_plainly(command, folder)
        return time.monotonic() - began - load


AT_ONCE = 8
STUB_SECONDS = 2.0  # a level's load, which takes no processor time


def own_at_once(folder: Path, rounds: int = 3) -> list[float]:
    """The same for experiments of which eight are under way at once, each on a GPU of its own."""
    values = [round(0.01 + 0.001 * number, 6) for number in range(rounds * AT_ONCE)]
    task = killed_task(
        values,
        folder,
        optimization={"max_parallel": AT_ONCE},
        benchmark={"additional_params": {"stub_seconds": STUB_SECONDS}, "num_concurrency": [1, 4]},
        local={"gpus": list(range(AT_ONCE)), "gpus_per_experiment": 1},
    )
    _, state = run_task(task, folder)
    attempts = [experiment.scored for experiment in state.experiments.values() if experiment.scored is not None]
    return [own_beside_stub(attempt) for attempt in attempts]


def own_beside_stub(attempt: AttemptState) -> float:
    stages = dict(attempt.stages)
    engine_start = stages["benchmarking"] - stages["waiting"]
    return attempt.seconds(0.0) - engine_start - STUB_SECONDS * len(attempt.levels)


def main() -> None:
    options = arguments(__doc__ or "", repeats=8)
    tokenizer = tokenizer_folder()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ttfts = [0.01 + 0.001 * number for number in range(options.repeats)]
        run, state = run_task(stand_in_task("overhead", ttfts, tokenizer), folder)
        own = [own_seconds(run, e.id, e.scored) for e in state.experiments.values() if e.scored is not None]
        plain = []
        for number in range(3):
            place = folder / f"plain{number}"
            place.mkdir()
            plain.append(plain_seconds(tokenizer, place))
        many = folder / "many"
        many.mkdir()
        at_once = own_at_once(many)
    figures = [
        Figure.of("own overhead per experiment", "s", own, "median under 0.5, p90 under 1"),
        Figure.of("plain genai-bench command line adds", "s", plain),
    ]
    ratio = [sample / figures[1].median for sample in own]
    figures.append(Figure.of(f"own overhead, {AT_ONCE} at once", "s", at_once, "median under 0.5, p90 under 1"))
    figures.append(Figure.of("own : plain", "times", ratio, "median at most 0.1"))
    report("Overhead per experiment", figures, options.json)


if __name__ == "__main__":
    main()
