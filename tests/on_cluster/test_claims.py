"""The claims that results are written to: made as the task says, refused in words, and one for each writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.control import Control, Interrupted, Scope
from autotuner_core.deploy.ome.names import own_labels
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube import kinds
from autotuner_core.kube.kinds import PVC, STORAGE_CLASS
from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.claimed import RUN, VOLUME, Claimed
from waiting import wait_for

Make = Callable[..., Claimed]


@pytest.fixture
def claimed(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Make]:
    made: list[Claimed] = []

    def make(**pvc: Any) -> Claimed:
        made.append(Claimed(cluster, namespace, tmp_path, **pvc))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def storage_class(cluster: Cluster, claimed: Make) -> Iterator[Callable[..., str]]:
    """Makes a class without a provisioner behind it."""
    client, made = claimed().client, list[str]()

    def make(name: str, binding: str) -> str:
        body = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
        client.create(STORAGE_CLASS, {**body, "provisioner": "example.com/nobody", "volumeBindingMode": binding})
        made.append(name)
        return name

    yield make
    for name in made:
        client.delete(STORAGE_CLASS, name)


def test_a_claim_that_is_missing_is_made_as_the_task_says_and_stays(claimed: Make, tmp_path: Path) -> None:
    run = claimed(size="2Gi")
    run.volume("results", tmp_path / "volume", size="5Gi")
    run.claims.prepare(run.scope)
    claim = run.claim()
    assert claim and claim["status"]["phase"] == "Bound"
    assert claim["spec"]["resources"]["requests"] == {"storage": "2Gi"}
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert own_labels(RUN, "on-cluster").items() <= claim["metadata"]["labels"].items()
    assert "ownerReferences" not in claim["metadata"], "results outlive the run's lease"
    assert run.notes() == ["claim_made"]
    assert run.claims.take(run.scope) == "results"
    run.claims.give_back("results")
    run.claims.finish()
    assert run.claim() and run.left() == []


def test_a_claim_that_is_there_is_taken_as_it_is(claimed: Make, tmp_path: Path) -> None:
    claimed().volume("results", tmp_path / "volume")
    first = claimed()
    first.claims.prepare(first.scope)
    again = claimed(size="50Gi", access_mode="ReadWriteMany")
    again.claims.prepare(again.scope)
    assert again.notes() == [] and again.claims.take(again.scope) == "results"


def test_experiments_at_the_same_time_do_not_share_a_claim_that_one_node_may_write(
    claimed: Make, tmp_path: Path
) -> None:
    run = claimed()
    for name in ("results", f"results-{RUN}-2", f"results-{RUN}-3"):
        run.volume(name, tmp_path / name)
    run.claims.prepare(run.scope)
    names = [run.claims.take(run.scope) for _ in range(3)]
    assert names == ["results", f"results-{RUN}-2", f"results-{RUN}-3"]
    assert [run.claims.is_extra(name) for name in names] == [False, True, True]
    intended = [event.name for event in run.record.of("ResourceIntended")]
    assert intended == names[1:] == run.left()
    run.claims.give_back(names[1])
    assert run.claims.take(run.scope) == names[1], "a claim that is free is used again"
    run.claims.finish()
    assert run.claim() and not run.claim(names[1]) and not run.claim(names[2])
    assert run.left() == []


def test_a_claim_that_many_nodes_may_write_is_shared(claimed: Make, tmp_path: Path) -> None:
    run = claimed(access_mode="ReadWriteMany")
    run.volume("results", tmp_path / "volume", modes=("ReadWriteMany",))
    run.claims.prepare(run.scope)
    assert [run.claims.take(run.scope) for _ in range(3)] == ["results"] * 3
    run.claims.finish()
    assert run.claim()


def test_claims_of_a_host_that_died_are_used_on_and_removed_by_the_next_one(claimed: Make, tmp_path: Path) -> None:
    died = claimed()
    for name in ("results", f"results-{RUN}-2"):
        died.volume(name, tmp_path / name)
    died.claims.prepare(died.scope)
    [_, extra] = [died.claims.take(died.scope) for _ in range(2)]
    resumed = claimed()
    resumed.claims.prepare(resumed.scope)
    assert [resumed.claims.take(resumed.scope) for _ in range(2)] == ["results", extra]
    resumed.claims.finish()
    assert resumed.claim() and not resumed.claim(extra)


def test_a_further_claim_with_results_that_never_came_home_is_kept_and_told(claimed: Make, tmp_path: Path) -> None:
    run = claimed()
    for name in ("results", f"results-{RUN}-2"):
        run.volume(name, tmp_path / name)
    run.claims.prepare(run.scope)
    [_, extra] = [run.claims.take(run.scope) for _ in range(2)]
    run.claims.keep(extra, "the node is gone")
    run.claims.finish()
    assert run.claim(extra) and run.notes()[-1] == "claim_kept"


def refused(run: Claimed) -> ExperimentFailure:
    with pytest.raises(ExperimentFailure) as failure:
        run.claims.prepare(run.scope)
    assert failure.value.evidence and failure.value.cure
    return failure.value


def test_a_storage_class_that_does_not_exist_is_waited_for(claimed: Make) -> None:
    failure = refused(claimed(storage_class="fastest"))
    assert "storage class fastest, which does not exist" in failure.message
    assert "kubectl get storageclass" in failure.cure and not failure.retry


def test_a_claim_without_a_class_and_a_volume_waits_for_ever(claimed: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autotuner_core.benchmark.volume.claim_state.GRACE_SECONDS", 2)
    failure = refused(claimed())
    assert "gets no volume: no persistent volumes available" in failure.message
    assert "kubernetes.pvc.storage_class" in failure.cure


def test_a_provisioner_that_does_not_answer_holds_the_run_without_end(
    claimed: Make, storage_class: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autotuner_core.benchmark.volume.claims.BIND_SECONDS", 6)
    run = claimed(storage_class=storage_class("nobody-now", "Immediate"))
    failure = refused(run)
    assert "has no volume after 6 s" in failure.message
    assert run.client.requests["get", PVC.name] < 9, "64 claims that wait are too much for an API server"
    assert any("example.com/nobody" in line for line in failure.evidence)


def test_a_volume_that_comes_with_its_first_pod_is_waited_for(claimed: Make, storage_class: Callable[..., str]) -> None:
    run = claimed(storage_class=storage_class("nobody-later", "WaitForFirstConsumer"))
    run.claims.prepare(run.scope)
    claim = run.claim()
    assert claim and claim["status"]["phase"] == "Pending"


def test_a_quota_for_claims_is_not_told(claimed: Make) -> None:
    run = claimed(size="10Gi")
    quota = {"metadata": {"name": "storage"}, "spec": {"hard": {"requests.storage": "1Gi"}}}
    body = {"apiVersion": "v1", "kind": "ResourceQuota", **quota}
    run.client.create(kinds.RESOURCE_QUOTA, body, run.namespace)
    wait_for(
        lambda: "used" in (run.client.get(kinds.RESOURCE_QUOTA, "storage", run.namespace) or {}).get("status", {}), 30
    )
    failure = refused(run)
    assert failure.cause is FailureCause.QUOTA and "exceeded quota: storage" in failure.message
    assert "the claim results" in failure.message


def test_the_largest_claim_of_the_namespace_is_not_told(claimed: Make) -> None:
    run = claimed(size="10Gi")
    limit = {"type": "PersistentVolumeClaim", "max": {"storage": "5Gi"}}
    body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "most"}, "spec": {"limits": [limit]}}
    run.client.create(kinds.LIMIT_RANGE, body, run.namespace)
    failure = refused(run)
    assert failure.cause is FailureCause.QUOTA and "kubernetes.pvc.size" in failure.cure and not failure.retry


def test_a_claim_that_is_being_deleted_is_written_to(claimed: Make, tmp_path: Path) -> None:
    run = claimed()
    run.volume("results", tmp_path / "volume")
    run.claims.prepare(run.scope)
    run.client.patch(PVC, "results", {"metadata": {"finalizers": ["example.com/held"]}}, run.namespace)
    run.client.delete(PVC, "results", run.namespace)
    failure = refused(run)
    assert "is being deleted" in failure.message
    run.client.patch(PVC, "results", {"metadata": {"finalizers": None}}, run.namespace)


def test_a_claim_whose_volume_is_gone_is_written_to(claimed: Make, tmp_path: Path) -> None:
    run = claimed()
    run.volume("results", tmp_path / "volume")
    run.claims.prepare(run.scope)
    name = f"results-{run.namespace}"
    run.client.delete(VOLUME, name)
    run.client.patch(VOLUME, name, {"metadata": {"finalizers": None}})
    wait_for(lambda: (run.claim() or {}).get("status", {}).get("phase") == "Lost", 60)
    assert "has lost its volume" in refused(run).message


def test_a_claim_that_cannot_be_written_is_found_out_by_the_benchmark(claimed: Make, tmp_path: Path) -> None:
    run = claimed()
    run.volume("results", tmp_path / "volume", modes=("ReadOnlyMany",))
    spec = {"accessModes": ["ReadOnlyMany"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "results"}, "spec": spec}
    run.client.create(PVC, body, run.namespace)
    assert "cannot be written to (ReadOnlyMany)" in refused(run).message


def test_a_stop_waits_for_a_volume_that_does_not_come(claimed: Make, storage_class: Callable[..., str]) -> None:
    run = claimed(storage_class=storage_class("nobody-stop", "Immediate"))
    control = Control()
    control.stop()
    with pytest.raises(Interrupted):
        run.claims.prepare(Scope(control))
    assert isinstance(run.record.events[-1], ev.RunNote)
