"""A load from inside the cluster, stage by stage: the tuner's BenchmarkJobs, and beside them, in the same run, the
architecture document's plain ones, asked for their state every 10 and every 15 s.

- engine answers to first request: from the engine being ready to the first request that reaches it (of the warm-up,
  where there is one). Of a plain job, whose files tell no times: its first level's file was written then, less its
  duration.
- last level's end to the score: from the end of the load to its figures. Of a plain job: to its state Completed having
  been asked for; its files are taken from the claim's folder at once, in its favour.
- score to GPUs free: to service and pods being gone. Of a plain one: having been asked for.

The engine takes from 0 to 9 s to start, evenly spread, so that whoever polls meets none at a lucky moment only. At last
the tuner once more, with an OME that starts a BenchmarkJob before its engine answers: all but the first experiment, in
which it learns that its launcher reports from the image, have theirs made then.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from autotuner_core.benchmark.samples import read_samples
from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.catalog import model
from on_cluster.in_jobs import LOADED, TunerInJobs, make_objects, task_in_jobs
from tests.bench.cluster_rival import service_like
from tests.bench.cluster_runs import BenchCluster, attempts_of, bench_cluster, delays, folder_in, run_to_end
from tests.bench.cluster_witness import Witness, gone, is_true, moment, witness
from tests.bench.table import Figure, arguments, report
from waiting import wait_for

JOBS = "/apis/ome.io/v1beta1/namespaces/{}/benchmarkjobs"
SERVICES = "/apis/ome.io/v1beta1/namespaces/{}/inferenceservices"
POLLS = (10.0, 15.0)
STAGES = ("engine answers to first request", "last level's end to the score", "score to GPUs free")
OURS = ("PYTHONPATH", "AUTOTUNER_POD")
EARLY = "0.1.3"


@dataclass(frozen=True)
class Stages:
    """Seconds of each of STAGES in one experiment."""

    seconds: tuple[float, float, float]


def task(namespace: str, starts: list[float]) -> dict[str, Any]:
    """One configuration for each time to start."""
    return task_in_jobs(
        namespace,
        parameters={"startup_delay": {"type": "choice", "values": starts}},
        fixed={"ttft": 0.01, "tpot": 0.002},
        benchmark={"traffic_scenarios": ["D(20,60)"], "num_concurrency": [1, 4]},
    )


def own_stages(run: TunerInJobs) -> list[Stages]:
    """Of each attempt, by the journal and the rows' own times."""
    assert run.run_folder is not None
    found = []
    for experiment, attempt in attempts_of(run):
        samples = read_samples(run.run_folder.attempt(experiment, attempt.attempt) / "samples.jsonl")
        first, last = samples[0], samples[max(samples)]
        stages = {e.stage: e.ts for e in run.of(ev.StageChanged) if e.experiment == experiment}
        removed = next(
            e.ts for e in run.of(ev.ResourceRemoved) if e.kind == "InferenceService" and e.experiment == experiment
        )
        begun = first.wall + (min(row.start for row in first.rows if row.start is not None) - first.mono)
        ended = last.wall + (last.ended - last.mono)
        seconds = (begun - stages["benchmarking"], stages["cleaning_up"] - ended, removed - stages["cleaning_up"])
        found.append(Stages(seconds))
    return found


def early_stages(cluster: BenchCluster, folder: Path, starts: list[float]) -> list[Stages]:
    """Of a run's second experiment and those after it, with an OME that starts BenchmarkJobs early."""
    cluster.ome_version(EARLY)
    namespace = cluster.namespace()
    run = TunerInJobs(cluster, namespace, folder_in(folder, "early"), **task(namespace, starts))
    run_to_end(run)
    return own_stages(run)[1:]


def plain_stages(
    cluster: Cluster, namespace: str, run: TunerInJobs, start: float, poll: float, seen: Witness, name: str
) -> Stages:
    """One experiment by a plain BenchmarkJob, of the objects that the tuner made."""
    assert run.run_folder is not None
    made = run.run_folder.attempt(*next((number, a.attempt) for number, a in attempts_of(run)))
    service = service_like(made / "manifest.yaml", namespace, name, start)
    service["spec"]["engine"]["runner"]["args"].append("--model=vllm-model")  # what OME has plain ones ask for
    of_service, of_job = f"{SERVICES.format(namespace)}/{name}", f"{JOBS.format(namespace)}/{name}b"
    cluster.api.ask("POST", SERVICES.format(namespace), service)
    _poll(lambda: _ready(cluster.api.ask("GET", of_service)), poll)
    job = _plain_job(made / "benchmark_job.yaml", namespace, name)
    cluster.api.ask("POST", JOBS.format(namespace), job)
    _poll(lambda: (cluster.api.ask("GET", of_job).get("status") or {}).get("state") in ("Completed", "Failed"), poll)
    scored = time.time()
    place = job["spec"]["outputLocation"]["storageUri"].split("/", 3)[3]
    files = sorted((run.files / place / name).glob("D*_time_*s.json"), key=lambda path: path.stat().st_mtime)
    took = json.loads(files[0].read_text())["aggregated_metrics"]["run_duration"]
    first, last = files[0].stat().st_mtime - took, files[-1].stat().st_mtime
    cluster.api.ask("DELETE", of_service)
    _poll(lambda: seen.last(f"{name}-engine", lambda c: c.kind == "Pod" and gone(c)) is not None, poll)
    freed = time.time()
    cluster.api.ask("DELETE", of_job)
    wait_for(lambda: seen.last(f"{name}b", lambda c: c.kind == "Pod" and gone(c)), 60, what="the load's pod to go")
    return Stages((first - moment(seen.first(name, is_true("Ready"))), scored - last, freed - scored))


def _plain_job(manifest: Path, namespace: str, name: str) -> dict[str, Any]:
    """The tuner's own without its launcher and its lease, under other names."""
    body: dict[str, Any] = json.loads(json.dumps(YAML(typ="safe", pure=True).load(manifest)))
    body["metadata"] = {"name": f"{name}b", "namespace": namespace}
    spec, pod = body["spec"], body["spec"]["podOverride"]
    spec["endpoint"]["inferenceService"]["name"] = name
    spec["resultFolderName"] = name
    pod["env"] = [one for one in pod["env"] if one["name"] not in OURS]
    ours = {volume["name"] for volume in pod["volumes"] if "configMap" in volume}
    pod["volumes"] = [volume for volume in pod["volumes"] if volume["name"] not in ours]
    pod["volumeMounts"] = [mount for mount in pod["volumeMounts"] if mount["name"] not in ours]
    return body


def _poll(holds: Callable[[], bool], seconds: float) -> None:
    while not holds():
        time.sleep(seconds)


def _ready(service: dict[str, Any]) -> bool:
    conditions = service.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def main() -> None:
    """Measure and report."""
    options = arguments(__doc__ or "", repeats=4)
    with tempfile.TemporaryDirectory() as folder, bench_cluster() as cluster:
        make_objects(cluster, [model(LOADED, tokenizer_folder())])
        cluster.kubectl("label", "--overwrite", "nodes", "--all", f"models.ome.io/clusterbasemodel.{LOADED}=Ready")
        namespace, starts = cluster.namespace(), delays(options.repeats)
        run = TunerInJobs(cluster, namespace, folder_in(Path(folder), "own"), **task(namespace, starts))
        run_to_end(run)
        rivals: dict[float, list[Stages]] = {poll: [] for poll in POLLS}
        with witness(cluster.api, namespace) as seen:
            for poll in POLLS:
                for number, start in enumerate(starts):
                    name = f"plain{poll:.0f}-{number}"
                    rivals[poll].append(plain_stages(cluster, namespace, run, start, poll, seen, name))
        own, early = own_stages(run), early_stages(cluster, Path(folder), starts)
    figures = []
    for number, stage in enumerate(STAGES):
        limit = "median under 1" if number == 1 else ""
        figures.append(Figure.of(stage, "s", [one.seconds[number] for one in own], *filter(None, [limit])))
        for poll, found in rivals.items():
            figures.append(
                Figure.of(f"  a plain BenchmarkJob, every {poll:g} s", "s", [one.seconds[number] for one in found])
            )
        if number == 0:
            what = f"  the tuner, where OME starts the job early ({EARLY})"
            figures.append(Figure.of(what, "s", [one.seconds[number] for one in early]))
    report("A load from inside the cluster, stage by stage", figures, options.json)


if __name__ == "__main__":
    main()
