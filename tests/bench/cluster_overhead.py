"""What the tuner itself adds to an experiment on a cluster, and beside it, in the same run, what the architecture
document's design adds (cluster_rival.py).

Own overhead of an attempt is its wall time (AttemptStarted to AttemptEnded in the journal) without

- the start: from the API server telling of the new InferenceService to its condition EngineReady being True;
- the load: from the first request to the end of every level, as the load generator wrote them down;
- the removal: from the API server telling of the deletion to the last of service and pods being gone.

Start and removal are read from watches of this program's own. So the overhead has all else: rendering and creating the
object, from EngineReady through the port-forward to the first request, what lies between levels, scoring, asking for
the deletion, and seeing its end. The engine takes from 0 to 9 s to start, evenly spread: whoever polls meets no
engine at a lucky moment only.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from autotuner_core.run.experiment_state import AttemptState
from on_cluster.tuning import TunerOnCluster
from tests.bench.cluster_rival import Rival, measure_rival
from tests.bench.cluster_runs import (
    BenchCluster,
    attempts_of,
    bench_cluster,
    delays,
    folder_in,
    loaded_task,
    run_to_end,
    service_names,
)
from tests.bench.cluster_witness import Witness, going, gone, is_true, made, moment, witness
from tests.bench.overhead import seconds_under_load
from tests.bench.table import Figure, arguments, report

POLL = 10.0  # seconds, the document's


def own_seconds(run: TunerOnCluster, experiment: int, attempt: AttemptState, seen: Witness) -> float:
    """See above."""
    assert run.run_folder is not None
    name = service_names(run)[experiment, attempt.attempt]
    samples = run.run_folder.attempt(experiment, attempt.attempt) / "samples.jsonl"
    return attempt.seconds(0.0) - start_of(seen, name) - seconds_under_load(samples) - removal_of(seen, name)


def start_of(seen: Witness, name: str) -> float:
    """Seconds that cluster and engine took until the service was ready."""
    return moment(seen.first(name, is_true("EngineReady"))) - moment(seen.first(name, made))


def removal_of(seen: Witness, name: str) -> float:
    """Seconds that the cluster took to remove service and pods."""
    return moment(seen.last(name, gone)) - moment(seen.first(name, going))


def measure_own(cluster: BenchCluster, folder: Path, starts: list[float]) -> tuple[list[float], Path]:
    """Own overhead of each attempt, and the manifest of the last one."""
    namespace = cluster.namespace()
    run = TunerOnCluster(cluster, namespace, folder, **loaded_task(tokenizer_folder(), starts))
    with witness(cluster.api, namespace) as seen:
        run_to_end(run)
    own = [own_seconds(run, experiment, attempt, seen) for experiment, attempt in attempts_of(run)]
    experiment, last = attempts_of(run)[-1]
    assert run.run_folder is not None
    return own, run.run_folder.attempt(experiment, last.attempt) / "manifest.yaml"


def main() -> None:
    options = arguments(__doc__ or "", repeats=8)
    with tempfile.TemporaryDirectory() as name, bench_cluster() as cluster:
        own, manifest = measure_own(cluster, folder_in(Path(name), "own"), delays(options.repeats))
        rivals: list[Rival] = []
        namespace = cluster.namespace()
        with witness(cluster.api, namespace) as seen:
            for number, start in enumerate(delays(options.repeats)):
                place = folder_in(Path(name), f"rival{number}")
                rivals.append(measure_rival(cluster, namespace, manifest, start, POLL, seen, place))
    rival = Figure.of(f"the document's design, polling every {POLL:g} s", "s", [each.own for each in rivals])
    figures = [
        Figure.of("own overhead per experiment", "s", own, "median under 0.5"),
        rival,
        Figure.of("of it: Ready, but not yet polled for", "s", [each.unpolled for each in rivals]),
        Figure.of("own : the document's design", "times", [sample / rival.median for sample in own]),
    ]
    report("Overhead per experiment on a cluster", figures, options.json)


if __name__ == "__main__":
    main()
