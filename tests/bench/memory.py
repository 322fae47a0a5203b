"""The tuner's own resident memory during a run, children apart, sampled every 50 ms."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import psutil

from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from tests.bench.runs import PYTHON, stand_in_task
from tests.bench.table import Figure, arguments, report

MEGABYTE = 1e6


def main() -> None:
    options = arguments(__doc__ or "", repeats=8)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ttfts = [0.01 + 0.001 * number for number in range(options.repeats)]
        path = folder / "task.json"
        path.write_text(json.dumps(stand_in_task("memory", ttfts, tokenizer_folder())))
        command = [PYTHON, "-m", "autotuner_tui", "run", str(path), "--no-ui", "--results-dir", str(folder / "results")]
        environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
        run = subprocess.Popen(command, env=environment, stdin=-3, stdout=-3, stderr=-3)
        process, sizes = psutil.Process(run.pid), []
        while True:
            try:
                run.wait(0.05)
                break
            except subprocess.TimeoutExpired:
                sizes.append(process.memory_info().rss / MEGABYTE)
    report("Memory of the tuner", [Figure.of("resident", "MB", sizes, "worst under 120")], options.json)


if __name__ == "__main__":
    main()
