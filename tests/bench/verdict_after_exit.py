"""How long after an engine's exit at start the attempt has its cause. The rival is what a tuner that only polls for
readiness needs: the whole timeout."""

from __future__ import annotations

import tempfile
from pathlib import Path

from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from tests.bench.runs import PYTHON, run_task, stand_in_task
from tests.bench.table import Figure, arguments, report

DIES = "import sys, time; print('exits at', time.time(), flush=True); sys.exit(7)"


def main() -> None:
    options = arguments(__doc__ or "", repeats=10)
    with tempfile.TemporaryDirectory() as name:
        ttfts = [0.01 + 0.001 * number for number in range(options.repeats)]
        task = stand_in_task(
            "verdict", ttfts, tokenizer_folder(), local={"command": [PYTHON, "-c", DIES, "--port", "{port}", "{flags}"]}
        )
        run, state = run_task(task, Path(name))
        taken = []
        for experiment in state.experiments.values():
            attempt = experiment.latest
            if attempt is None or attempt.ended is None:
                continue
            log = (run.attempt(experiment.id, attempt.attempt) / "engine.log").read_text()
            exited = float(log.partition("exits at")[2].split()[0])
            taken.append(attempt.ended.ts - exited)
    figures = [
        Figure.of("verdict after the engine's exit", "s", taken, "worst under 1"),
        Figure.of("waiting for readiness alone (timeout)", "s", [task["optimization"]["timeout_per_iteration"]]),
    ]
    report("Verdict after exit", figures, options.json)


if __name__ == "__main__":
    main()
