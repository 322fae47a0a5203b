"""Access that is lost ends or pauses the run, and is no fault of an experiment; a run goes where it began."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import POD
from autotuner_core.run import events as ev
from autotuner_core.run.holders import holder_of
from cluster.cluster import Cluster
from on_cluster.logins import account_token, kubeconfig_of
from on_cluster.tuning import TunerOnCluster
from on_terminal import on_terminal
from stub_load import held_benchmark
from waiting import wait_for

Tuner = Callable[..., TunerOnCluster]
ONE = {"tp_size": {"type": "choice", "values": [1]}}


def test_a_task_that_the_cluster_cannot_run_is_refused_with_everything_that_is_wrong(tuner: Tuner) -> None:
    run = tuner(base_runtime="nowhere", model={"name": "nobody"})
    assert run.run() == 1
    (end,) = run.of(ev.RunEnded)
    assert end.reason == "failed" and "nowhere" in end.message and "nobody" in end.message
    assert run.of(ev.AttemptStarted) == []
    run.check_nothing_is_left()


@pytest.mark.usefixtures("either_ome")
def test_a_resumed_run_goes_back_to_the_cluster_and_namespace_that_it_began_in(tuner: Tuner) -> None:
    run = tuner(parameters=ONE)
    run.run_options += ("--namespace", run.namespace)
    task = json.loads(run.task_file.read_text())
    run.task_file.write_text(json.dumps({**task, "model": {**task["model"], "namespace": "elsewhere"}}))
    assert run.kill_at(run.begin(), lambda events: any(isinstance(e, ev.LevelStarted) for e in events))
    run.finish()
    (started,) = run.of(ev.RunStarted)
    assert started.placement["namespace"] == run.namespace and started.placement["direct"]
    assert started.placement["kubeconfig"] == str(run.cluster.kubeconfig) and started.placement["context"]
    run.check_nothing_is_left()


def logged_in_as(cluster: Cluster, namespace: str, account: str, file: Path) -> None:
    """A kubeconfig of a service account that may do everything."""
    subject = f"--serviceaccount={namespace}:{account}"
    cluster.kubectl("create", "clusterrolebinding", f"{namespace}-{account}", "--clusterrole=cluster-admin", subject)
    log_in(cluster, namespace, account, file)


def log_in(cluster: Cluster, namespace: str, account: str, file: Path) -> None:
    """The account is there, and the kubeconfig has a token of it."""
    kubeconfig_of(cluster, {"token": account_token(cluster, namespace, account)}, file)


def log_out(cluster: Cluster, namespace: str, account: str, file: Path) -> None:
    """The account is gone; the API server lets its token in for some seconds more."""
    cluster.kubectl("delete", "serviceaccount", account, "-n", namespace)
    client = KubeClient.connect(Access(file)).patient(seconds=0)

    def refused() -> bool:
        try:
            client.list(POD, namespace)
        except KubeError as error:
            return error.status == 401
        return False

    wait_for(refused, 60, what="the end of the token")


@pytest.fixture
def attended(cluster: Cluster, tuner: Tuner, tmp_path: Path) -> Iterator[tuple[TunerOnCluster, Path]]:
    """A run that is begun on a terminal, by a login that ends in its first level; and the login's file."""
    run = tuner(benchmark=held_benchmark(tmp_path, tmp_path / "let-go"))
    file = run.folder / "kubeconfig"
    logged_in_as(cluster, run.namespace, "tuner", file)
    words = ("run", str(run.task_file), "--direct", "--kubeconfig", str(file), "--results-dir", str(run.results))
    try:
        with on_terminal([sys.executable, "-m", "autotuner_tui", *words], run.environment):
            run.until(lambda event: isinstance(event, ev.LevelStarted))
            log_out(cluster, run.namespace, "tuner", file)
            (tmp_path / "let-go").touch()
            yield run, file
    finally:
        for lock in run.results.glob("*/*/host.lock"):  # the host outlives its terminal
            if (holder := holder_of(lock)) is not None:
                os.kill(holder.pid, signal.SIGTERM)
        cluster.kubectl("delete", "clusterrolebinding", f"{run.namespace}-tuner")


def test_a_login_that_ends_pauses_a_run_that_is_attended_until_it_is_renewed(
    cluster: Cluster, attended: tuple[TunerOnCluster, Path]
) -> None:
    run, file = attended
    paused = run.until(lambda event: isinstance(event, ev.Paused))
    assert isinstance(paused, ev.Paused) and paused.by == "access" and "credentials_expired" in paused.reason
    run.until(lambda event: isinstance(event, ev.RunNote) and event.code == "pause_is_complete")
    log_in(cluster, run.namespace, "tuner", file)
    subprocess.run([sys.executable, "-m", "autotuner_tui", "send", "resume"], env=run.environment, check=True)
    wait_for(lambda: run.of(ev.RunEnded), 90, what="the end")
    (end,) = run.of(ev.RunEnded)
    assert end.reason == "completed"
    assert [experiment.status for experiment in run.state().experiments.values()] == ["success", "success"]
    results = json.loads((run.results / "on-cluster_results.json").read_text())
    assert results["successful_experiments"] == 2 and results["best_result"]
    run.check_nothing_is_left()


IMPATIENT = """
import functools
from autotuner_core.deploy.ome.reach import way
from autotuner_core.kube import client, retries
from autotuner_tui.cli.main import main
way.RECOVERY_SECONDS = 2.0
client.Patience = functools.partial(retries.Patience, seconds=2.0)
raise SystemExit(main())
"""
"""The program, for which an API server that is away for two seconds is away."""


def test_an_api_server_that_is_away_pauses_a_run_that_is_attended_and_costs_no_experiment(
    cluster: Cluster, tuner: Tuner, tmp_path: Path
) -> None:
    run = tuner(parameters=ONE, benchmark=held_benchmark(tmp_path, tmp_path / "let-go"))
    words = ("run", str(run.task_file), *run.run_options, "--results-dir", str(run.results), "--in-process")
    with on_terminal([sys.executable, "-c", IMPATIENT, *words], run.environment):
        run.until(lambda event: isinstance(event, ev.LevelStarted))
        cluster.stop("apiserver")
        try:
            paused = run.until(lambda event: isinstance(event, ev.Paused))
            run.until(lambda event: isinstance(event, ev.RunNote) and event.code == "pause_is_complete")
        finally:
            cluster.restart("apiserver")
        assert isinstance(paused, ev.Paused) and paused.by == "access" and "api_unreachable" in paused.reason
        (tmp_path / "let-go").touch()
        subprocess.run([sys.executable, "-m", "autotuner_tui", "send", "resume"], env=run.environment, check=True)
        wait_for(lambda: run.of(ev.RunEnded), 90, what="the end")
    assert [end.reason for end in run.of(ev.RunEnded)] == ["completed"]
    assert [experiment.status for experiment in run.state().experiments.values()] == ["success"]
    assert {end.cause for end in run.of(ev.AttemptEnded) if end.outcome == "failed"} == {"api_unreachable"}
    run.check_nothing_is_left()


def test_a_login_that_ends_ends_the_run_and_costs_no_experiment(cluster: Cluster, tuner: Tuner, tmp_path: Path) -> None:
    run = tuner(benchmark=held_benchmark(tmp_path, tmp_path / "let-go"))
    file = run.folder / "kubeconfig"
    logged_in_as(cluster, run.namespace, "tuner", file)
    run.run_options = ("--direct", "--kubeconfig", str(file))
    try:
        process = run.begin()
        run.until(lambda event: isinstance(event, ev.LevelStarted))
        log_out(cluster, run.namespace, "tuner", file)
        (tmp_path / "let-go").touch()
        assert process.wait(150) == 1
    finally:
        cluster.kubectl("delete", "clusterrolebinding", f"{run.namespace}-tuner")
    (end,) = run.of(ev.RunEnded)
    assert end.reason == "access" and "credentials_expired" in end.message, run.said()
    causes = {e.cause for e in run.of(ev.AttemptEnded) if e.outcome == "failed"}
    assert causes == {"credentials_expired"}
    assert "failed" not in {experiment.status for experiment in run.state().experiments.values()}
    run.clean()  # what the run could not remove any more would go with its lease
