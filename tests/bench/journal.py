"""Reading a journal of 10,000 events (500 experiments) from disk and folding it, against reading it as JSON alone."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from autotuner_core.run import events as ev
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from tests.bench.table import Figure, arguments, report

EXPERIMENTS = 500
STATISTICS = ("mean", "stddev", "min", "max", "p25", "p50", "p75", "p90", "p95", "p99")
FIGURES = {f"{metric}.{name}": 0.123456 for metric in ("ttft", "tpot", "itl", "e2e_latency") for name in STATISTICS}


def events_of(experiment: int) -> list[ev.Event]:
    """A usual attempt: stages, a process, four levels. 20 events with the queueing."""
    where = {"experiment": experiment, "attempt": 1}
    made = {"kind": "process", "name": f"exp{experiment}", "token": "token", **where}
    found: list[ev.Event] = [ev.AttemptStarted(**where), ev.ResourceIntended(**made), ev.ResourceCreated(**made)]
    found += [
        ev.StageChanged(stage=stage, **where) for stage in ("deploying", "waiting", "benchmarking", "cleaning_up")
    ]
    for level in range(5):
        traffic = {"level": level, "scenario": "D(100,100)", "concurrency": 2**level}
        found.append(ev.LevelStarted(**traffic, **where))
        found.append(ev.LevelEnded(verdict="ok", figures=FIGURES, **traffic, **where))
    return [*found, ev.ResourceRemoved(**made), ev.AttemptEnded(outcome="scored", score=1.0, **where)]


def write_journal(path: Path) -> int:
    """A journal as a run leaves it; returns the number of its events."""
    queued = [ev.ExperimentQueued(experiment=n, parameters={"a": n, "b": "x"}) for n in range(1, EXPERIMENTS + 1)]
    measured = [event for n in range(1, EXPERIMENTS + 1) for event in events_of(n)]
    events: list[ev.Event] = [ev.RunStarted(run_id="ab12", task={}, plan={}), *queued, *measured]
    with path.open("w") as file:
        for number, event in enumerate(events, 1):
            file.write(json.dumps({**event.to_record(), "seq": number, "ts": 1e9 + number}) + "\n")
    return len(events)


def main() -> None:
    options = arguments(__doc__ or "", repeats=15)
    folded, parsed = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        count = write_journal(path)
        for _ in range(options.repeats):
            began = time.perf_counter()
            RunState.of(read_journal(path))
            folded.append(time.perf_counter() - began)
            began = time.perf_counter()
            [json.loads(line) for line in path.read_bytes().splitlines()]
            parsed.append(time.perf_counter() - began)
    figures = [
        Figure.of(f"{count} events read and folded", "s", folded, "median under 0.3"),
        Figure.of("the same lines as JSON alone", "s", parsed),
    ]
    report("Journal", figures, options.json)


if __name__ == "__main__":
    main()
