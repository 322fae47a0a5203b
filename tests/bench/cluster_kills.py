"""Hosts killed with SIGKILL at random moments of runs on a test cluster, half of them in direct mode, half with loads
by BenchmarkJobs, each followed by a resume: an experiment lost or scored twice, a level of an attempt measured twice,
or an object, process or port that is left is an error that ends the program.

One in four resumes is killed too, before the run is let finish.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from autotuner_core.run import events as ev
from on_cluster.catalog import model
from on_cluster.in_jobs import LOADED, UNHURRIED, TunerInJobs, make_objects, task_in_jobs
from on_cluster.test_resume import LEVELS, check_whole
from on_cluster.tuning import TunerOnCluster
from tests.bench.cluster_runs import BenchCluster, bench_cluster, folder_in
from tests.bench.kills import KILLED_AGAIN, stage_of
from tests.bench.table import Figure, arguments, report

SEED = 8


class Trials:
    """Runs killed one after the other. `resumed` are the seconds of the resumes that finished them; `stages` counts
    where the kills fell; `adopted` the attempts that a resume went on with."""

    def __init__(self, cluster: BenchCluster, root: Path, repeats: int) -> None:
        self.cluster, self.root, self.repeats = cluster, root, repeats
        self.random = random.Random(SEED)
        self.kills: Counter[str] = Counter()
        self.stages: Counter[str] = Counter()
        self.again = self.adopted = 0
        self.resumed: dict[str, list[float]] = {"direct": [], "jobs": []}

    def run(self) -> None:
        made: dict[str, Callable[[Path], TunerOnCluster]] = {"direct": self._direct, "jobs": self._in_jobs}
        for mode, make in made.items():
            begun = time.monotonic()
            calm = make(folder_in(self.root, f"{mode}-calm"))
            calm.finish()
            whole, number = time.monotonic() - begun, 0
            while self.kills[mode] < (self.repeats + 1) // 2:
                number += 1
                self._trial(mode, make(folder_in(self.root, f"{mode}-{number}")), whole)

    def _direct(self, folder: Path) -> TunerOnCluster:
        return TunerOnCluster(self.cluster, self.cluster.namespace(), folder, benchmark=LEVELS)

    def _in_jobs(self, folder: Path) -> TunerOnCluster:
        namespace = self.cluster.namespace()
        task = task_in_jobs(namespace, benchmark=UNHURRIED)
        return TunerInJobs(self.cluster, namespace, folder, **task)

    def _trial(self, mode: str, run: TunerOnCluster, whole: float) -> None:
        process, killed = run.begin(), 0
        while run.kill_at(process, self.random.uniform(0.05, whole)):
            killed += 1
            self.stages[stage_of(run)] += 1
            if self.random.random() >= KILLED_AGAIN:
                break
            process = run.resume()
        self.kills[mode] += killed
        self.again += max(0, killed - 1)
        if killed:
            begun = time.monotonic()
            run.finish()
            self.resumed[mode].append(time.monotonic() - begun)
        self.adopted += len(run.of(ev.AttemptAdopted))
        check_whole(run)
        run.check_nobody_is_left()
        print(f"{mode}: {self.kills[mode]} kills", flush=True)


def main() -> None:
    options = arguments(__doc__ or "", repeats=20)
    with tempfile.TemporaryDirectory() as name, bench_cluster() as cluster:
        make_objects(cluster, [model(LOADED, tokenizer_folder())])
        cluster.kubectl("label", "--overwrite", "nodes", "--all", f"models.ome.io/clusterbasemodel.{LOADED}=Ready")
        trials = Trials(cluster, Path(name), options.repeats)
        trials.run()
    figures = [Figure.of(f"the resume that finished the run, {mode}", "s", s) for mode, s in trials.resumed.items()]
    told = ", ".join(f"{count} {stage}" for stage, count in trials.stages.most_common())
    total = trials.kills.total()
    title = f"{total} kills ({trials.again} of them of a resume, {trials.adopted} attempts adopted): none lost, "
    report(f"{title}repeated or left behind; {told}", figures, options.json)


if __name__ == "__main__":
    main()
