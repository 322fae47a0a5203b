"""From an engine on a cluster that is ready to the load generator's first request, the port-forward's start included.

Ready is an engine that answers and of which the API server tells that it is (its condition EngineReady): the moment
when a watch of this program's own is told of it. What the cluster takes for that after the engine has begun to listen
(kubelet's probe, once a second, then OME's controller) is the second figure; the third is both together. The first
request is as the load generator wrote it down (the warm-up's).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from autotuner_core.benchmark.samples import read_samples
from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from autotuner_core.run.folder import RunFolder
from on_cluster.tuning import TunerOnCluster
from tests.bench.cluster_runs import attempts_of, bench_cluster, delays, loaded_task, run_to_end, service_names
from tests.bench.cluster_witness import is_true, moment, witness
from tests.bench.ready_to_first import first_request
from tests.bench.table import Figure, arguments, report


def first_request_at(folder: RunFolder, experiment: int, attempt: int) -> float:
    """Seconds since the epoch."""
    levels = read_samples(folder.attempt(experiment, attempt) / "samples.jsonl")
    return first_request(levels[min(levels)])


def listening_at(folder: RunFolder, experiment: int, attempt: int) -> float:
    """When the engine itself says that it has begun to listen, seconds since the epoch."""
    log = (folder.attempt(experiment, attempt) / "engine.log").read_text()
    return float(log.partition("listening on ")[2].split(maxsplit=3)[2])


def main() -> None:
    options = arguments(__doc__ or "", repeats=12)
    with tempfile.TemporaryDirectory() as name, bench_cluster() as cluster:
        namespace = cluster.namespace()
        task = loaded_task(tokenizer_folder(), delays(options.repeats))
        run = TunerOnCluster(cluster, namespace, Path(name), **task)
        with witness(cluster.api, namespace) as seen:
            run_to_end(run)
        folder, services = run.run_folder, service_names(run)
        assert folder is not None
        ours, clusters, both = [], [], []
        for experiment, attempt in attempts_of(run):
            which = experiment, attempt.attempt
            ready = moment(seen.first(services[which], is_true("EngineReady")))
            first, listening = first_request_at(folder, *which), listening_at(folder, *which)
            ours.append(first - ready)
            clusters.append(ready - listening)
            both.append(first - listening)
    figures = [
        Figure.of("ready to first request", "s", ours, "median under 0.5"),
        Figure.of("the cluster: listening to ready", "s", clusters),
        Figure.of("listening to first request", "s", both),
    ]
    report("First request on a cluster", figures, options.json)


if __name__ == "__main__":
    main()
