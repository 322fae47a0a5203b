"""How many requests a run sends to the API server, as the API server's own audit log counts them. The run has an
account of its own, with the least rights, which sends nothing else; its kubectl's requests are among them.

Counted are the requests from the first experiment's start to the last one's end, per experiment; those before and
after, which come once per run; those of a `check --cluster`, which are among these; and those of minutes in which
nothing happens: while an engine is loaded, and while one does not become ready. A watch is opened anew every five
minutes: a quiet time of fewer would not see it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from autotuner_core.run import events as ev
from on_cluster.audited import Audited
from on_cluster.catalog import model
from on_cluster.in_jobs import LOADED, TunerInJobs, make_objects, task_in_jobs
from on_cluster.tuning import TunerOnCluster
from tests.bench.cluster_runs import BenchCluster, bench_cluster, folder_in, run_to_end
from tests.bench.table import Figure, report

SETTLED = 10.0  # seconds after which nothing of a beginning is under way any more
PER_EXPERIMENT, PER_MINUTE = 60, 2  # the goal: so many for each experiment, and so many more a minute
WAIT_MINUTES = 10  # what an engine has by default to become ready
QUIET: dict[str, dict[str, Any]] = {
    "benchmarking": {"benchmark": {"additional_params": {"stub_seconds": 3600}, "max_time_per_iteration": 60}},
    "waiting": {"fixed": {"startup_delay": 3600}, "optimization": {"timeout_per_iteration": 3600}},
}
"""Stages at which an experiment stays."""


class Counted(Audited):
    """Runs of one account in one namespace, and what the API server wrote down of them."""

    def __init__(self, cluster: BenchCluster) -> None:
        super().__init__(cluster, cluster.namespace())

    def run(self, folder: Path, **changes: Any) -> TunerOnCluster:
        run = TunerOnCluster(self.cluster, self.namespace, folder, **changes)
        self.takes(run, folder)
        return run

    def run_in_jobs(self, folder: Path, **changes: Any) -> TunerOnCluster:
        """One whose load comes from BenchmarkJobs."""
        run = TunerInJobs(self.cluster, self.namespace, folder, **task_in_jobs(self.namespace, **changes))
        self.takes(run, folder)
        return run


def configurations(experiments: int) -> dict[str, Any]:
    """Of a task with so many."""
    return {"ttft": {"type": "choice", "values": [round(0.01 + 0.001 * number, 6) for number in range(experiments)]}}


def of_experiments(counted: Counted, run: TunerOnCluster) -> tuple[Counter[str], Counter[str]]:
    """The requests of a run's experiments, one after the other, and those that it sends besides."""
    began = time.time()
    run_to_end(run)
    first, last = run.of(ev.AttemptStarted)[0].ts, run.of(ev.AttemptEnded)[-1].ts
    inside = counted.requests(first, last)
    return inside, counted.requests(began, time.time()) - inside


def of_check(counted: Counted, run: TunerOnCluster) -> Counter[str]:
    """The requests of the checks before a run."""
    began = time.time()
    command = [sys.executable, "-m", "autotuner_tui", "check", str(run.task_file), "--cluster", *run.run_options]
    done = subprocess.run(command, env=run.environment, cwd=run.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return counted.requests(began, time.time())


def of_quiet_time(counted: Counted, folder: Path, stage: str, seconds: float, **changes: Any) -> Counter[str]:
    """The requests of so many seconds at a stage of an experiment, from shortly after its beginning on; then the run
    is ended."""
    run = counted.run(folder, parameters={"tp_size": {"type": "choice", "values": [1]}}, **changes)
    process = run.begin()
    since = float(run.until(lambda event: isinstance(event, ev.StageChanged) and event.stage == stage).ts) + SETTLED
    time.sleep(max(0.0, since + seconds - time.time()))
    found = counted.requests(since, since + seconds)
    process.terminate()
    process.wait(120)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--repeats", type=int, default=8, help="how many experiments (default 8)")
    parser.add_argument("--minutes", type=float, default=5, help="of each quiet time (default 5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, bench_cluster() as cluster:
        root, seconds = Path(name), 60 * options.minutes
        make_objects(cluster, [model(LOADED, tokenizer_folder())])
        cluster.kubectl("label", "--overwrite", "nodes", "--all", f"models.ome.io/clusterbasemodel.{LOADED}=Ready")
        direct, jobs, several = Counted(cluster), Counted(cluster), configurations(options.repeats)
        from_here = direct.run(folder_in(root, "direct"), parameters=several)
        from_inside = jobs.run_in_jobs(folder_in(root, "jobs"), parameters=several)
        check, check_jobs = of_check(direct, from_here), of_check(jobs, from_inside)
        inside, besides = of_experiments(direct, from_here)
        in_jobs, besides_jobs = of_experiments(jobs, from_inside)
        with ThreadPoolExecutor() as pool:
            of = [
                pool.submit(of_quiet_time, Counted(cluster), folder_in(root, stage), stage, seconds, **changes)
                for stage, changes in QUIET.items()
            ]
            quiet = {stage: future.result() for stage, future in zip(QUIET, of, strict=True)}
    table: list[tuple[str, Counter[str], float, str]] = [
        ("per experiment, --direct", inside, options.repeats, f"at most {PER_EXPERIMENT}"),
        ("once per run, --direct", besides, 1, ""),
        ("`check --cluster`, --direct", check, 1, ""),
        ("per experiment, BenchmarkJob", in_jobs, options.repeats, f"at most {PER_EXPERIMENT}"),
        ("once per run, BenchmarkJob", besides_jobs, 1, ""),
        ("`check --cluster`, BenchmarkJob", check_jobs, 1, ""),
    ]
    table += [(f"a minute, {stage}", found, options.minutes, "") for stage, found in quiet.items()]
    figures = []
    for title, found, count, goal in table:
        figures.append(Figure.of(title, "requests", [found.total() / count], goal))
        figures += [Figure.of(f"  {what}", "requests", [n / count]) for what, n in found.most_common()]
    whole = inside.total() / options.repeats + WAIT_MINUTES * quiet["waiting"].total() / options.minutes
    goal = f"at most {PER_EXPERIMENT + PER_MINUTE * WAIT_MINUTES}"
    figures.append(
        Figure.of(f"an experiment, its engine ready after {WAIT_MINUTES} minutes", "requests", [whole], goal)
    )
    report("Requests to the API server", figures, options.json)


if __name__ == "__main__":
    main()
