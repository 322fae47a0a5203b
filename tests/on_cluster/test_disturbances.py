"""What breaks under a run: its port-forward, its pod, its service, the API server."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.tuning import TunerOnCluster

Tuner = Callable[..., TunerOnCluster]
ONE = {"tp_size": {"type": "choice", "values": [1]}}
SLOW = {"additional_params": {"stub_seconds": 2}}


@pytest.fixture
def loaded(tuner: Tuner) -> TunerOnCluster:
    """A run of one experiment, in the middle of its one level."""
    run = tuner(parameters=ONE, benchmark=SLOW)
    run.process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted) and event.level == 1)
    return run


def end_of(run: TunerOnCluster) -> ev.AttemptEnded:
    run.process.wait(120)
    (end,) = run.of(ev.AttemptEnded)
    run.check_nothing_is_left()
    return end


def forward_of(run: TunerOnCluster) -> psutil.Process:
    made = [event for event in run.of(ev.ResourceCreated) if event.name.endswith("port-forward")]
    return psutil.Process(made[-1].pid)


def level_ends(run: TunerOnCluster) -> list[tuple[str, str]]:
    return [(end.verdict, end.ended_by) for end in run.of(ev.LevelEnded) if end.level == 1]


def test_a_level_whose_port_forward_was_killed_is_cut_and_repeated(loaded: TunerOnCluster) -> None:
    forward_of(loaded).kill()
    assert end_of(loaded).outcome == "scored", loaded.said()
    assert level_ends(loaded) == [("cut", "forward_lost"), ("ok", "requests")]


def test_an_api_server_that_is_away_for_a_moment_costs_one_level(cluster: Cluster, loaded: TunerOnCluster) -> None:
    cluster.stop("apiserver")
    loaded.until(lambda event: isinstance(event, ev.WorkloadObserved))
    cluster.restart("apiserver")
    assert end_of(loaded).outcome == "scored", loaded.said()
    assert level_ends(loaded)[-1] == ("ok", "requests")


def test_a_pod_that_somebody_deletes_is_evicted_and_not_held_against_its_configuration(
    cluster: Cluster, loaded: TunerOnCluster
) -> None:
    cluster.kubectl("delete", "pod", "--all", "--wait=false", "-n", loaded.namespace)
    end = end_of(loaded)
    assert end.cause == "evicted" and end.cure


def test_a_pod_that_its_node_throws_out_is_told_as_that(cluster: Cluster, loaded: TunerOnCluster) -> None:
    cluster.kubectl("taint", "nodes", "--all", "test/out=1:NoExecute")
    try:
        loaded.until(lambda event: isinstance(event, ev.AttemptEnded))
    finally:
        cluster.kubectl("taint", "nodes", "--all", "test/out-")
    end = end_of(loaded)
    assert end.cause == "evicted" and "taint" in end.message, end


def test_a_service_that_somebody_deletes_is_told_as_that(cluster: Cluster, loaded: TunerOnCluster) -> None:
    cluster.kubectl("delete", "inferenceservice", "--all", "--wait=false", "-n", loaded.namespace)
    end = end_of(loaded)
    assert end.outcome == "failed" and "this run did not do it" in end.message
