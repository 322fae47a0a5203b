"""What 64 experiments at once cost, on fake nodes with 8 GPUs each (kwok), against one alone: the tuner's requests to
the API server as its audit log counts them, its memory, and how long it takes to react.

Fake nodes answer nothing: one small server stands at the address of every engine, and a stub in the load generator's
place. Own overhead is what cluster_overhead.py says it is: an attempt's wall time without the cluster's start and
removal, which are read from watches of this program's own, and without its levels. The levels last until all engines
are under load; then they end one after the other, as they began.

On few cores the API server, OME's stand-in and the load generators' stubs share them with the tuner.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from autotuner_core.run import events as ev
from cluster.fake_nodes import fake_nodes
from on_cluster.at_scale import LABELS, ManyAtOnce, one_engine
from on_cluster.audited import Audited
from tests.bench.cluster_overhead import removal_of, start_of
from tests.bench.cluster_runs import BenchCluster, attempts_of, bench_cluster, folder_in, service_names
from tests.bench.cluster_witness import Witness, is_true, moment, witness
from tests.bench.table import Figure, report

SECONDS = 300.0  # until all are under load
QUIET = 10.0  # seconds in which nothing happens but load
PAUSE = 0.5  # seconds between the ends of two experiments' loads
MEGABYTE = 1e6


@dataclass
class Measured:
    """Of one run. Seconds and MB; `per_second`: requests in each second from the first start to the last end."""

    own: list[float] = field(default_factory=list)
    reactions: list[float] = field(default_factory=list)
    memory: float = 0.0
    per_second: list[int] = field(default_factory=list)
    quiet: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)


def measure(cluster: BenchCluster, folder: Path, count: int, port: int) -> Measured:
    """A run of so many experiments at once. Raises AssertionError and RuntimeError where it goes wrong."""
    namespace, found = cluster.namespace(), Measured()
    run, audited = ManyAtOnce(cluster, namespace, folder, count, port), Audited(cluster, namespace)
    audited.takes(run, folder)
    with witness(cluster.api, namespace) as seen:
        process = run.begin()
        try:
            run.until_all_are_loaded(SECONDS)
            quiet = time.time()
            time.sleep(QUIET)
            found.quiet = audited.requests(quiet, quiet + QUIET).total() / QUIET
            let_all_go(run, process, found)
        finally:
            process.terminate()
            process.wait(120)
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {run.said()}")
    run.check_nothing_is_left()
    take_times(run, seen, found)
    first, last = run.of(ev.AttemptStarted)[0].ts, run.of(ev.AttemptEnded)[-1].ts
    asked = [(at, what) for at, what in audited.all() if first <= at < last and not quiet <= at < quiet + QUIET]
    found.requests = Counter(what for _, what in asked)
    seconds = Counter(int(at - first) for at, _ in asked)
    still = range(int(quiet - first) + 1, int(quiet + QUIET - first))
    found.per_second = [seconds[second] for second in range(int(last - first) + 1) if second not in still]
    return found


def let_all_go(run: ManyAtOnce, process: subprocess.Popen[bytes], found: Measured) -> None:
    """End the loads one after the other, and wait for the run's end; its memory is looked at meanwhile."""
    seen, left = psutil.Process(process.pid), list(range(1, run.count + 1))
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        if left:
            run.end_load(left.pop(0))
        try:
            found.memory = max(found.memory, seen.memory_info().rss / MEGABYTE)
        except psutil.Error:
            break
        time.sleep(PAUSE)
    process.wait(SECONDS)


def take_times(run: ManyAtOnce, seen: Witness, found: Measured) -> None:
    """Own overhead of each attempt, and how long after its engine was seen to be ready it was under load."""
    names = service_names(run)
    began = {(e.experiment, e.level): e.ts for e in run.of(ev.LevelStarted)}
    under_load: Counter[int] = Counter()
    for event in run.of(ev.LevelEnded):
        under_load[event.experiment] += event.ts - began[event.experiment, event.level]
    for number, attempt in attempts_of(run):
        name = names[number, attempt.attempt]
        took = attempt.seconds(0.0) - under_load[number] - start_of(seen, name) - removal_of(seen, name)
        found.own.append(took)
        first = min(ts for (experiment, _), ts in began.items() if experiment == number)
        found.reactions.append(first - moment(seen.first(name, is_true("EngineReady"))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--experiments", type=int, default=64, help="how many at once (default 64)")
    parser.add_argument("--repeats", type=int, default=3, help="how many runs of one alone (default 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, bench_cluster() as cluster, one_engine() as port:
        with fake_nodes(cluster, options.experiments, LABELS):
            root = Path(name)
            alone = [measure(cluster, folder_in(root, f"one{n}"), 1, port) for n in range(options.repeats)]
            many = measure(cluster, folder_in(root, "many"), options.experiments, port)
    report(f"{options.experiments} experiments at once", figures_of(alone, many, options.experiments), options.json)


def figures_of(alone: list[Measured], many: Measured, count: int) -> list[Figure]:
    """The table."""
    own = [seconds for each in alone for seconds in each.own]
    times = [seconds / statistics.median(own) for seconds in many.own]
    figures = [
        Figure.of("requests in a second, while they begin and end", "req", many.per_second, "p90 under 20"),
        Figure.of("requests a second, while all are under load", "req", [many.quiet], "under 20"),
        Figure.of("resident memory of the tuner", "MB", [many.memory], "under 250"),
        Figure.of("  one alone", "MB", [each.memory for each in alone]),
        Figure.of("own overhead of an experiment", "s", many.own),
        Figure.of("  one alone", "s", own),
        Figure.of("  many : one alone", "times", times, "median at most 2"),
        Figure.of("from EngineReady to under load", "s", many.reactions),
        Figure.of("  one alone", "s", [seconds for each in alone for seconds in each.reactions]),
        Figure.of("requests of an experiment", "req", [many.requests.total() / count]),
        Figure.of("  one alone", "req", [each.requests.total() for each in alone]),
    ]
    kinds = sorted({what for each in alone for what in each.requests})
    return figures + [Figure.of(f"    {what}", "req", [each.requests[what] for each in alone]) for what in kinds]


if __name__ == "__main__":
    main()
