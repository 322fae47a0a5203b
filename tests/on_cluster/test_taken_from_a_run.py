"""What other hands take from under a run: OME's controller, its namespace, a right, the pod by an eviction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.logins import account_token, kubeconfig_of
from on_cluster.tuning import TunerOnCluster
from stub_load import held_benchmark

Tuner = Callable[..., TunerOnCluster]
ONE = {"tp_size": {"type": "choice", "values": [1]}}


@pytest.fixture
def controller(cluster: Cluster) -> Iterator[None]:
    """OME's runs again after the test."""
    yield
    cluster.restart("ome")


@pytest.mark.usefixtures("controller")
def test_a_controller_that_is_started_anew_costs_nothing(cluster: Cluster, tuner: Tuner) -> None:
    run = tuner(parameters=ONE, benchmark={"additional_params": {"stub_seconds": 1}})
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.ResourceIntended) and event.kind == "InferenceService")
    cluster.restart("ome")
    run.until(lambda event: isinstance(event, ev.LevelStarted))
    cluster.stop("ome")
    run.until(lambda event: isinstance(event, ev.StageChanged) and event.stage == "cleaning_up")
    cluster.start("ome")
    assert process.wait(120) == 0, run.said()
    assert [end.outcome for end in run.of(ev.AttemptEnded)] == ["scored"], run.said()


@pytest.mark.usefixtures("controller")
def test_a_controller_that_is_gone_is_told_with_its_cure(cluster: Cluster, tuner: Tuner) -> None:
    run = tuner(optimization={"timeout_per_iteration": 6})
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.ResourceCreated) and event.kind == "Job")
    cluster.stop("ome")
    failed = run.until(lambda event: isinstance(event, ev.AttemptEnded))
    assert isinstance(failed, ev.AttemptEnded)
    assert failed.cause == "controller_gone" and "kubectl" in failed.cure, run.said()
    cluster.start("ome")
    process.wait(120)


def test_a_namespace_that_is_deleted_under_a_run_ends_it_with_that_as_its_cause(
    cluster: Cluster, tuner: Tuner, tmp_path: Path
) -> None:
    let_go = tmp_path / "let-go"
    run = tuner(benchmark=held_benchmark(tmp_path, let_go))
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted))
    cluster.kubectl("delete", "namespace", run.namespace, "--wait=false")
    code = process.wait(150)
    (end,) = run.of(ev.RunEnded)
    causes = [e.cause for e in run.of(ev.AttemptEnded)]
    assert (code, end.reason, causes) == (1, "access", ["namespace_gone"]), run.said()


def grant(cluster: Cluster, namespace: str) -> None:
    """The account may do everything, by a binding named as the namespace."""
    subject = f"--serviceaccount={namespace}:tuner"
    cluster.kubectl("create", "clusterrolebinding", namespace, "--clusterrole=cluster-admin", subject)


@pytest.fixture
def account(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of an account that may do everything by a binding named as the namespace, and look at everything
    by another."""
    look, subject = f"{namespace}-look", f"--serviceaccount={namespace}:tuner"
    file = kubeconfig_of(cluster, {"token": account_token(cluster, namespace, "tuner")}, tmp_path / "tuner")
    cluster.kubectl("create", "clusterrole", look, "--resource=*.*", "--verb=get,list,watch")
    cluster.kubectl("create", "clusterrolebinding", look, f"--clusterrole={look}", subject)
    grant(cluster, namespace)
    yield file
    cluster.kubectl("delete", "clusterrolebinding", look, namespace, "--ignore-not-found")
    cluster.kubectl("delete", "clusterrole", look)


def test_a_right_that_is_taken_away_ends_the_run_which_goes_on_once_it_is_granted_again(
    account: Path, cluster: Cluster, tuner: Tuner, tmp_path: Path
) -> None:
    run = tuner(benchmark=held_benchmark(tmp_path, tmp_path / "let-go"))
    run.run_options = ("--direct", "--kubeconfig", str(account))
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted))
    cluster.kubectl("delete", "clusterrolebinding", run.namespace)
    (tmp_path / "let-go").touch()
    assert process.wait(120) == 1, run.said()
    scored, failed = run.of(ev.AttemptEnded)
    assert (scored.outcome, failed.cause) == ("scored", "right_missing"), run.said()
    assert "cannot" in failed.message and f"{run.namespace}:tuner" in failed.cure
    assert "kubectl auth can-i" in failed.cure and f"-n {run.namespace}" in failed.cure
    (end,) = run.of(ev.RunEnded)
    assert end.reason == "access", run.said()
    left = [note.text for note in run.of(ev.RunNote) if "could not remove the InferenceService" in note.text]
    assert left and "when the run's lease has run out" in left[0]
    grant(cluster, run.namespace)
    assert run.resume().wait(120) == 0, run.said()
    assert [experiment.status for experiment in run.state().experiments.values()] == ["success", "success"]
    run.check_nothing_is_left()


def test_two_tuners_with_one_task_measure_beside_each_other(tuner: Tuner, tmp_path: Path) -> None:
    let_go = tmp_path / "let-go"
    one = tuner(benchmark=held_benchmark(tmp_path, let_go))
    (tmp_path / "other").mkdir()
    other = TunerOnCluster(one.cluster, one.namespace, tmp_path / "other", **json.loads(one.task_file.read_text()))
    processes = [run.begin() for run in (one, other)]
    for run in (one, other):
        run.until(lambda event: isinstance(event, ev.LevelStarted))
    let_go.touch()
    for run, process in zip((one, other), processes, strict=True):
        assert process.wait(120) == 0, run.said()
        assert [end.outcome for end in run.of(ev.AttemptEnded)] == ["scored", "scored"], run.said()
    for run in (one, other):
        run.check_nothing_is_left()
