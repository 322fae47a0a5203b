"""What a cluster takes from a load by BenchmarkJobs: its node, OME's controller, the leave to make its pod."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.in_jobs import TunerInJobs
from on_cluster.rude_api import RudeApi, status
from on_cluster.test_jobs import ONE_LONG
from waiting import wait_for

Loads = Callable[..., TunerInJobs]
pytestmark = [pytest.mark.genai_bench, pytest.mark.slow]


@pytest.fixture
def kubelet(cluster: Cluster) -> Iterator[None]:
    """It runs again after the test."""
    yield
    cluster.restart("kubelet")


@pytest.mark.usefixtures("kubelet")
@pytest.mark.timeout(300)
def test_an_experiment_whose_node_is_lost_under_a_load_from_inside_is_measured_again(
    cluster: Cluster, loads: Loads
) -> None:
    run = loads(benchmark=ONE_LONG, optimization={"retries": 1})
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted) and event.level == 1)
    cluster.stop("kubelet")
    run.until(lambda event: isinstance(event, ev.StageChanged) and event.stage == "cleaning_up")
    cluster.restart("kubelet")
    lost = run.until(lambda event: isinstance(event, ev.AttemptEnded))
    assert isinstance(lost, ev.AttemptEnded)
    assert (lost.cause, lost.will_retry) == ("node_lost", True), run.said()
    assert "node" in lost.message and "kubectl describe node" in lost.cure
    run.until(lambda event: isinstance(event, ev.LevelStarted) and event.attempt == 2 and event.level == 1)
    process.terminate()
    assert process.wait(60) == 143, run.said()
    run.check_nothing_is_left()


@pytest.fixture
def rude(cluster: Cluster, tmp_path: Path) -> Iterator[RudeApi]:
    rude = RudeApi(cluster, tmp_path)
    yield rude
    rude.close()


@pytest.fixture
def without_ome(cluster: Cluster, loads: Loads, rude: RudeApi) -> Iterator[TunerInJobs]:
    """A run under way whose BenchmarkJob has been made, and lies there: OME's controller is gone since the engine is
    ready. It runs again after the test."""
    rude.answer(r"^POST .*/benchmarkjobs", status(503, "ServiceUnavailable", "hold on"))
    run = loads()
    run.run_options = ("--kubeconfig", str(rude.kubeconfig), *run.run_options[2:])
    run.process = run.begin()
    wait_for(lambda: rude.answered.total(), 60, what="the BenchmarkJob to be made")
    cluster.stop("ome")
    rude.behave()
    run.until(lambda event: isinstance(event, ev.ResourceCreated) and event.kind == "BenchmarkJob")
    yield run
    cluster.restart("ome")
    run.process.wait(60)


def test_a_benchmark_job_that_waits_for_omes_controller_is_loaded_once_that_is_back(
    cluster: Cluster, without_ome: TunerInJobs
) -> None:
    look = ("get", "benchmarkjobs", "-n", without_ome.namespace, "-o", "jsonpath={.items[*].metadata.annotations}")
    wait_for(lambda: "look-again" in cluster.kubectl(*look), 30, what="a job that is asked to be looked at")
    cluster.start("ome")
    assert without_ome.process.wait(120) == 0, without_ome.said()
    assert [end.outcome for end in without_ome.of(ev.AttemptEnded)] == ["scored"], without_ome.said()
    without_ome.check_nothing_is_left()


def test_a_benchmark_job_that_omes_controller_never_takes_in_hand_is_told_as_that(
    cluster: Cluster, without_ome: TunerInJobs
) -> None:
    without_ome.until(lambda event: isinstance(event, ev.StageChanged) and event.stage == "cleaning_up")
    cluster.start("ome")
    assert without_ome.process.wait(120) == 1, without_ome.said()
    (failed,) = without_ome.of(ev.AttemptEnded)
    assert failed.cause == "controller_gone" and "kubectl logs -n ome" in failed.cure, without_ome.said()
    assert "has not touched it" in failed.message
    without_ome.check_nothing_is_left()


def test_a_namespace_that_forbids_the_load_generators_pod_is_told_as_that(cluster: Cluster, loads: Loads) -> None:
    run = loads()
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.WorkloadObserved))
    enforce = "pod-security.kubernetes.io/enforce=baseline"
    cluster.kubectl("label", "namespace", run.namespace, enforce)
    assert process.wait(90) == 1, run.said()
    (failed,) = run.of(ev.AttemptEnded)
    assert failed.cause == "admission_denied" and "PodSecurity" in failed.message, run.said()
    assert "load generator" in failed.message and "--direct" in failed.cure
    run.check_nothing_is_left()


def test_what_the_cluster_made_while_its_answer_was_lost_is_neither_refused_nor_left_behind(
    loads: Loads, rude: RudeApi
) -> None:
    run = loads()
    run.run_options = ("--kubeconfig", str(rude.kubeconfig), *run.run_options[2:])
    rude.lose(*(rf"^POST .*/{kind}\?" for kind in ("jobs", "inferenceservices", "configmaps", "benchmarkjobs")))
    assert run.run() == 0, run.said()
    assert [end.outcome for end in run.of(ev.AttemptEnded)] == ["scored"], run.said()
    run.check_nothing_is_left()
