"""The test cluster of a session: a real control plane and a real node on this machine, taken down at the end.

AUTOTUNER_TEST_CLUSTER=NAME uses one that is up already (`python -m tests.cluster up --name NAME`), which is quicker
while developing; it stays.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster import engines as engine_objects
from cluster import lacking, lifecycle
from cluster.cluster import Cluster
from cluster.credentials import API_PORT
from cluster.errors import SETUP
from cluster.places import SESSION_PREFIX, Place
from cluster.scratch import Scratch
from cluster.settings import OME_VERSIONS
from on_cluster.catalog import MODEL, model, runtime
from on_cluster.in_jobs import LOADED, TunerInJobs, make_objects, task_in_jobs
from on_cluster.relay import Relay
from on_cluster.tuning import TunerOnCluster

REUSED = os.environ.get("AUTOTUNER_TEST_CLUSTER", "")  # read here: a test's environment loses it


class SessionCluster(Cluster):
    """The session's cluster, with namespaces that last as long as a test."""

    scratch: Scratch

    def namespace(self) -> str:
        """A fresh namespace, which is removed after the test, with the pods in it."""
        return self.scratch.namespace()


@pytest.fixture(scope="session")
def test_cluster() -> Iterator[SessionCluster]:
    """The cluster, once for all tests; tests ask for `cluster`."""
    if reasons := lacking.reasons():
        pytest.skip(f"no test cluster here: {'; '.join(reasons)}. What can be brought: {SETUP}")
    place = Place(REUSED or f"{SESSION_PREFIX}{os.getpid()}")
    if not REUSED:
        lifecycle.up(place, lifecycle.Options(tied=True), print)
    cluster = SessionCluster(place)
    try:
        cluster.settings  # noqa: B018 - raises where it is not up
        yield cluster
    finally:
        if not REUSED:
            lifecycle.down(place)


@pytest.fixture
def cluster(test_cluster: SessionCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionCluster]:
    """A real cluster: `kubeconfig`, `kubectl()`, `namespace()`, `node_gpus()`, `stop()`, `start()`, `restart()`."""
    for name in ("NO_PROXY", "no_proxy"):  # its address is on this machine
        monkeypatch.setenv(name, ",".join(filter(None, [os.environ.get(name), test_cluster.address])))
    test_cluster.scratch = Scratch(test_cluster)
    try:
        yield test_cluster
    finally:
        test_cluster.scratch.clear()


@pytest.fixture
def namespace(cluster: SessionCluster) -> str:
    """A namespace of the test's own."""
    return cluster.namespace()


@pytest.fixture
def relay(cluster: SessionCluster) -> Iterator[Relay]:
    """A way to the API server on which what is connected can go deaf."""
    relay = Relay((cluster.address, API_PORT))
    yield relay
    relay.close()


@pytest.fixture(params=OME_VERSIONS)
def either_ome(request: pytest.FixtureRequest, cluster: SessionCluster) -> Iterator[str]:
    """The test is run in the ways of either version of OME; others, in any order, meet those of the first."""
    cluster.ome_version(request.param)
    yield str(request.param)
    cluster.ome_version(OME_VERSIONS[0])


@pytest.fixture
def webhooks(cluster: SessionCluster) -> Iterator[None]:
    """OME 1.2.2 as its chart installs it: its webhooks are asked about every object."""
    cluster.ome_version("1.2.2")
    cluster.ome_webhooks(True)
    yield
    cluster.ome_webhooks(False)
    cluster.ome_version(OME_VERSIONS[0])


@pytest.fixture
def engines(cluster: SessionCluster) -> None:
    """A model and two runtimes that the cluster can run: engines.MODEL, engines.RUNTIME (the bundled engine, called as
    SGLang is) and misbehaving-rt (tests/misbehaving.py)."""
    from autotuner_core.deploy.local.tiny_model import model_file

    file = model_file()
    made = [engine_objects.model(file.parent), engine_objects.engine_runtime(file.name)]
    items = [*made, engine_objects.misbehaving_runtime()]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)


@pytest.fixture(scope="session")
def catalog(test_cluster: SessionCluster) -> None:
    """The model and the runtime that the tasks of `tuner` name."""
    for body in (model(), runtime()):
        test_cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=json.dumps(body))
    test_cluster.kubectl("label", "--overwrite", "nodes", "--all", f"models.ome.io/clusterbasemodel.{MODEL}=Ready")


@pytest.fixture
def runs() -> Iterator[list[TunerOnCluster]]:
    """Those of the test. Afterwards nothing of them may be left: no object, no process, no port."""
    made: list[TunerOnCluster] = []
    yield made
    try:
        for run in made:
            run.check_nobody_is_left()
    finally:
        for run in made:
            run.clear()


@pytest.fixture
def tuner(
    cluster: SessionCluster, namespace: str, catalog: None, runs: list[TunerOnCluster], tmp_path: Path
) -> Callable[..., TunerOnCluster]:
    """Makes a run's folder with its task, see tuning.task_of: `tuner(optimization={"max_parallel": 2})`."""

    def make(**changes: Any) -> TunerOnCluster:
        runs.append(TunerOnCluster(cluster, namespace, tmp_path, **changes))
        return runs[-1]

    return make


@pytest.fixture
def loads(
    cluster: Cluster, namespace: str, catalog: None, runs: list[TunerOnCluster], tmp_path: Path
) -> Callable[..., TunerInJobs]:
    """Makes a run in the default mode, its load in BenchmarkJobs; see in_jobs.task_in_jobs."""
    from autotuner_core.deploy.local.tiny_model import tokenizer_folder

    make_objects(cluster, [model(LOADED, tokenizer_folder())])
    cluster.kubectl("label", "--overwrite", "nodes", "--all", f"models.ome.io/clusterbasemodel.{LOADED}=Ready")

    def make(**changes: Any) -> TunerInJobs:
        run = TunerInJobs(cluster, namespace, tmp_path, **task_in_jobs(namespace, **changes))
        runs.append(run)
        return run

    return make
