"""The host's resident memory over a long run (500 experiments on a stub engine and a stub load generator), children
apart, sampled every 50 ms; and how much more it holds during the last hundred experiments than during the first."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from autotuner_core.run.events import AttemptEnded
from killing import Victim, killed_task
from tests.bench.table import Figure, arguments, report

MEGABYTE = 1e6
PART = 100  # experiments

Sample = tuple[float, float]  # seconds since the epoch, MB


def watched(process: subprocess.Popen[bytes]) -> list[Sample]:
    """Its resident memory until it ends."""
    samples: list[Sample] = []
    seen = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            samples.append((time.time(), seen.memory_info().rss / MEGABYTE))
        except psutil.Error:
            break
        time.sleep(0.05)
    return samples


def main() -> None:
    options = arguments(__doc__ or "", repeats=500)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        values = [round(0.01 + 0.0001 * number, 6) for number in range(options.repeats)]
        victim = Victim(folder, killed_task(values, folder))
        process = victim.begin()
        samples = watched(process)
        if process.wait() != 0:
            raise RuntimeError(victim.said())
        ends = [event.ts for event in victim.events() if isinstance(event, AttemptEnded)]
        journal = victim.run_folder.journal.stat().st_size / MEGABYTE if victim.run_folder else 0.0
    part = min(PART, len(ends) // 2)
    first = [size for ts, size in samples if ts <= ends[part - 1] and size > 20]
    last = [size for ts, size in samples if ends[-part - 1] <= ts <= ends[-1]]
    figures = [
        Figure.of("resident", "MB", [size for _, size in samples], "worst under 120"),
        Figure.of(f"first {part} experiments", "MB", first),
        Figure.of(f"last {part} experiments", "MB", last),
        Figure.of(
            "last above first (medians)",
            "MB",
            [Figure.of("", "", last).median - Figure.of("", "", first).median],
            "at most 5",
        ),
        Figure.of("the journal's size", "MB", [journal]),
    ]
    report(f"Memory of the host over {len(ends)} experiments", figures, options.json)


if __name__ == "__main__":
    main()
