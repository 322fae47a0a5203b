"""Single rights that are taken from under a run whose load comes from inside the cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotuner_core.deploy.ome.rbac import NAME
from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.in_jobs import TunerInJobs, make_objects
from on_cluster.inside import least_rights
from on_cluster.logins import kubeconfig_of

Loads = Callable[..., TunerInJobs]
pytestmark = [pytest.mark.genai_bench, pytest.mark.slow]


@pytest.fixture
def account(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of an account with the least rights for a run, of its role NAME in the namespace."""
    with least_rights(cluster, namespace):
        token = cluster.kubectl("create", "token", NAME, "-n", namespace).strip()
        yield kubeconfig_of(cluster, {"token": token}, tmp_path / "tuner")


def take(cluster: Cluster, namespace: str, resource: str) -> None:
    """From now on the account may do nothing with it."""
    role = json.loads(cluster.kubectl("get", "role", NAME, "-n", namespace, "-o", "json"))
    for rule in role["rules"]:
        rule["resources"] = [name for name in rule["resources"] if name != resource]
    rules = [rule for rule in role["rules"] if rule["resources"]]
    assert rules != role["rules"]
    meta = {"name": NAME, "namespace": namespace}
    make_objects(cluster, [{"apiVersion": role["apiVersion"], "kind": "Role", "metadata": meta, "rules": rules}])


@pytest.mark.parametrize(
    ("resource", "question"),
    [
        ("benchmarkjobs", "create benchmarkjobs.ome.io -n"),
        ("pods/log", "get pods --subresource=log -n"),
        ("pods/portforward", "create pods --subresource=portforward -n"),
    ],
)
def test_a_right_that_is_taken_from_a_run_ends_it_and_is_no_fault_of_the_configuration(
    account: Path, loads: Loads, resource: str, question: str
) -> None:
    run = loads()
    run.run_options = ("--kubeconfig", str(account), *run.run_options[2:])
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.StageChanged) and event.stage == "waiting")
    take(run.cluster, run.namespace, resource)
    assert process.wait(180) == 1, run.said()
    (failed,) = run.of(ev.AttemptEnded)
    assert failed.cause == "right_missing", run.said()
    assert f"kubectl auth can-i {question} {run.namespace}" in failed.cure, failed.cure
    (end,) = run.of(ev.RunEnded)
    assert end.reason == "access" and "right_missing" in end.message, run.said()
    assert run.left_in_cluster() == [] or resource == "benchmarkjobs"
    run.clean()
