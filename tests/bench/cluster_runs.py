"""Runs of the whole program on a test cluster, for the measuring programs: the cluster named by AUTOTUNER_TEST_CLUSTER,
or one that is brought up for the program and taken down at its end. The engine is the stand-in server in a real pod."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autotuner_core.run import events as ev
from autotuner_core.run.experiment_state import AttemptState
from cluster import lacking, lifecycle
from cluster.cluster import Cluster
from cluster.errors import SETUP
from cluster.places import SESSION_PREFIX, Place
from cluster.scratch import Scratch
from on_cluster.catalog import MODEL, model, runtime
from on_cluster.tuning import TunerOnCluster

OME = "1.2.2"  # its condition Ready is true when the engine is: the older one's would have the rival load nothing
REUSED = os.environ.get("AUTOTUNER_TEST_CLUSTER", "")
LONGEST_RUN = 900.0  # seconds
SLOWEST_START = 9.0  # seconds


class BenchCluster(Cluster):
    """A cluster with the model and the runtime that the runs' tasks name. Namespaces last as long as it."""

    scratch: Scratch

    def namespace(self) -> str:
        """A fresh namespace."""
        return self.scratch.namespace()


@contextmanager
def bench_cluster() -> Iterator[BenchCluster]:
    """The cluster; exits with the reason where there can be none."""
    if reasons := lacking.reasons():
        sys.exit(f"no test cluster here: {'; '.join(reasons)}. What can be brought: {SETUP}")
    place = Place(REUSED or f"{SESSION_PREFIX}{os.getpid()}")
    if not REUSED:
        lifecycle.up(place, lifecycle.Options(tied=True), lambda text: print(text, file=sys.stderr))
    try:
        cluster = BenchCluster(place)
        os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), cluster.address]))
        cluster.scratch = Scratch(cluster)
        cluster.ome_version(OME)
        _apply(cluster, model(), runtime(imagePullPolicy="IfNotPresent", startupProbe=STARTUP, readinessProbe=READY))
        cluster.kubectl("label", "--overwrite", "nodes", "--all", f"models.ome.io/clusterbasemodel.{MODEL}=Ready")
        try:
            yield cluster
        finally:
            cluster.scratch.clear()
    finally:
        if not REUSED:
            lifecycle.down(place)


_HEALTH = {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1}
STARTUP, READY = {**_HEALTH, "failureThreshold": 600}, _HEALTH


def _apply(cluster: Cluster, *bodies: Mapping[str, Any]) -> None:
    for body in bodies:
        cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=json.dumps(body))


def delays(count: int) -> list[float]:
    """Seconds that the engines take to listen, evenly spread."""
    return [round(SLOWEST_START * number / max(1, count - 1), 2) for number in range(count)]


def loaded_task(tokenizer: Path, starts: list[float]) -> dict[str, Any]:
    """One configuration for each time to start, loaded by the real load generator at two levels."""
    return {
        "parameters": {"startup_delay": {"type": "choice", "values": starts}},
        "fixed": {"ttft": 0.01, "tpot": 0.002},
        "benchmark": {
            "genai_bench_python": None,
            "model_name": MODEL,
            "model_tokenizer": str(tokenizer),
            "traffic_scenarios": ["D(20,60)"],
            "num_concurrency": [1, 4],
        },
    }


def attempts_of(run: TunerOnCluster) -> list[tuple[int, AttemptState]]:
    """The attempts that came to an end, each with its experiment's number."""
    experiments = run.state().experiments
    return [(number, attempt) for number, e in experiments.items() for attempt in e.attempts if attempt.ended]


def service_names(run: TunerOnCluster) -> dict[tuple[int, int], str]:
    """The InferenceService of each attempt, by experiment and attempt."""
    intended: Sequence[ev.ResourceIntended] = run.of(ev.ResourceIntended)
    made = [event for event in intended if event.kind == "InferenceService"]
    return {(event.experiment or 0, event.attempt or 0): event.name for event in made}


def run_to_end(run: TunerOnCluster, *codes: int) -> None:
    """The whole run. Raises RuntimeError with what it said where its exit code is none of `codes` (0 where none is
    given)."""
    code = run.begin().wait(LONGEST_RUN)
    if code not in (codes or (0,)):
        raise RuntimeError(f"exit code {code}: {run.said()}")


def folder_in(parent: Path, name: str) -> Path:
    """A new folder."""
    folder = parent / name
    folder.mkdir()
    return folder
