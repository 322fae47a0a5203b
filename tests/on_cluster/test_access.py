"""Access that is lost ends or pauses the run, and is no fault of an experiment; a run goes where it began."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.tuning import TunerOnCluster

Tuner = Callable[..., TunerOnCluster]
ONE = {"tp_size": {"type": "choice", "values": [1]}}


def test_a_task_that_the_cluster_cannot_run_is_refused_with_everything_that_is_wrong(tuner: Tuner) -> None:
    run = tuner(base_runtime="nowhere", model={"name": "nobody"})
    assert run.run() == 1
    (end,) = run.of(ev.RunEnded)
    assert end.reason == "failed" and "nowhere" in end.message and "nobody" in end.message
    assert run.of(ev.AttemptStarted) == []
    run.check_nothing_is_left()


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
    cluster.kubectl("create", "serviceaccount", account, "-n", namespace)
    subject = f"--serviceaccount={namespace}:{account}"
    cluster.kubectl("create", "clusterrolebinding", f"{namespace}-{account}", "--clusterrole=cluster-admin", subject)
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json"))
    config["users"][0]["user"] = {"token": cluster.kubectl("create", "token", account, "-n", namespace).strip()}
    file.write_text(json.dumps(config))


def test_a_login_that_ends_ends_the_run_and_costs_no_experiment(cluster: Cluster, tuner: Tuner) -> None:
    run = tuner(benchmark={"additional_params": {"stub_seconds": 12}})  # the API server knows a token for 10 s more
    file = run.folder / "kubeconfig"
    logged_in_as(cluster, run.namespace, "tuner", file)
    run.run_options = ("--direct", "--kubeconfig", str(file))
    try:
        process = run.begin()
        run.until(lambda event: isinstance(event, ev.LevelStarted))
        cluster.kubectl("delete", "serviceaccount", "tuner", "-n", run.namespace)
        assert process.wait(150) == 1
    finally:
        cluster.kubectl("delete", "clusterrolebinding", f"{run.namespace}-tuner")
    (end,) = run.of(ev.RunEnded)
    assert end.reason == "access" and "credentials_expired" in end.message, run.said()
    causes = {e.cause for e in run.of(ev.AttemptEnded) if e.outcome == "failed"}
    assert causes == {"credentials_expired"}
    assert "failed" not in {experiment.status for experiment in run.state().experiments.values()}
