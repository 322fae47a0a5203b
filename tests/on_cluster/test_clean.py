"""`clean` in a cluster: what dead runs left goes, in any namespace; what is alive, or another's, stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.volume.manifests import claim_name, render_claim
from autotuner_core.deploy.ome.lease_job import lease_job
from autotuner_core.deploy.ome.manifest import render_inference_service
from autotuner_core.deploy.ome.rbac import render_rbac
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import INFERENCE_SERVICE, JOB, POD, PVC
from autotuner_core.run.events import HostStarted, RunStarted
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.index import record_run
from autotuner_core.run.journal import Journal
from autotuner_core.run.locks import FileLock
from autotuner_core.task.load import task_from_json
from autotuner_tui.cli.main import main
from cluster.cluster import Cluster
from cluster.engines import MODEL
from waiting import wait_for

TASK: dict[str, Any] = {
    "task_name": "chat",
    "model": {"name": MODEL},
    "base_runtime": "misbehaving-rt",
    "parameters": {"max_num_seqs": {"type": "choice", "values": [1]}},
    "optimization": {"objective": "maximize_throughput"},
    "benchmark": {"model_tokenizer": "m"},
}
Leave = Callable[..., None]


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    return KubeClient.connect(Access(cluster.kubeconfig))


@pytest.fixture
def leave(client: KubeClient, namespace: str, engines: None) -> Leave:
    """Leave the lease and the service of a run as its host left them; `silent`: so many seconds ago it died."""

    def left(run_id: str, *, silent: int = 0, token: str = "elsewhere", where: str = namespace) -> None:
        task = task_from_json({**TASK, "model": {**TASK["model"], "namespace": where}})
        run = RunInCluster(run_id, token, task, where)
        job = client.create(JOB, lease_job(run, 600), where)
        wait_for(lambda: (client.get(JOB, run.lease_name, where) or {})["status"].get("startTime"), 10)
        client.patch(JOB, run.lease_name, {"spec": {"activeDeadlineSeconds": 600 - silent}}, where)
        made = render_inference_service(task, 1, {}, run_id=run_id, namespace=where, owner=job)
        client.create(INFERENCE_SERVICE, made.body, where)
        wait_for(lambda: client.list(POD, where, labels=run.selector)[0], 20)

    return left


@pytest.fixture
def clean(
    cluster: Cluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, Any]]:
    """`clean` as a script calls it: its exit code, and what it says of each object of the cluster."""
    monkeypatch.setattr("autotuner_core.engine.leftovers.find_orphans", list)  # what else this machine has is not ours

    def called(*words: str, kubeconfig: Path | None = cluster.kubeconfig) -> tuple[int, Any]:
        way = ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
        code = main(["clean", "--json", *words, *way])
        captured = capsys.readouterr()
        rows = json.loads(captured.out)["leftovers"] if captured.out else []
        return code, {row["name"]: row for row in rows if row["cluster"]} or captured.err

    return called


def names(client: KubeClient, namespace: str) -> list[str]:
    found = [*client.list(INFERENCE_SERVICE, namespace)[0], *client.list(JOB, namespace)[0]]
    return sorted(body["metadata"]["name"] for body in found)


def test_what_a_dead_run_of_another_machine_left_is_listed_then_removed_with_its_pods(
    leave: Leave, clean: Any, client: KubeClient, cluster: Any, namespace: str
) -> None:
    other = cluster.namespace()
    leave("dd01", silent=500)
    leave("dd02", silent=500, where=other)
    _, listed = clean("--dry-run")
    assert {f"{namespace}/chat-dd01-exp1", f"{other}/chat-dd02-exp1"} <= set(listed)
    row = listed[f"{namespace}/chat-dd01-exp1"]
    assert (row["kind"], row["run_id"], row["outcome"]) == ("InferenceService", "dd01", "there")
    assert row["its_run"].startswith("dead: last heartbeat 8 min ago")
    code, removed = clean("--yes", "--namespace", namespace)
    assert code == 0
    assert {row["outcome"] for row in removed.values()} == {"removed"}
    assert set(removed) == {f"{namespace}/chat-dd01-exp1", f"{namespace}/chat-dd01-lease"}
    assert names(client, namespace) == []
    assert not client.list(POD, namespace)[0]
    assert names(client, other) == ["chat-dd02-exp1", "chat-dd02-lease"]


def test_without_a_yes_nothing_is_removed(leave: Leave, clean: Any, client: KubeClient, namespace: str) -> None:
    leave("dd01", silent=500)
    code, said = clean("--namespace", namespace)
    assert code == 2
    assert "nobody is there to ask" in said
    assert names(client, namespace) == ["chat-dd01-exp1", "chat-dd01-lease"]


def test_a_run_whose_heartbeat_comes_and_what_others_made_are_left_alone(
    leave: Leave, clean: Any, client: KubeClient, cluster: Cluster, namespace: str
) -> None:
    leave("aa01")
    labels = "app.kubernetes.io/managed-by=autotuner-tui,autotuner.io/run=dd01"
    cluster.kubectl("create", "configmap", "theirs", "-n", namespace)
    cluster.kubectl("label", "configmap", "theirs", "-n", namespace, *labels.split(","))
    code, rows = clean("--yes", "--namespace", namespace)
    assert code == 0
    assert {row["outcome"] for row in rows.values()} == {"left alone"}
    assert {row["its_run"].partition(":")[0] for row in rows.values()} == {"alive"}
    assert names(client, namespace) == ["chat-aa01-exp1", "chat-aa01-lease"]
    assert cluster.kubectl("get", "configmap", "theirs", "-n", namespace)


def test_a_further_claim_for_results_goes_with_a_dead_run_and_the_tasks_own_claim_stays(
    leave: Leave, clean: Any, client: KubeClient, namespace: str
) -> None:
    for run_id, silent in (("aa01", 0), ("dd01", 500)):
        leave(run_id, silent=silent)
        where = RunInCluster(run_id, "", task_from_json(TASK), namespace)
        for name in (f"results-{run_id}", claim_name(where, 2)):
            client.create(PVC, render_claim(where, name), namespace)
    code, rows = clean("--yes", "--namespace", namespace)
    assert code == 0
    further = {name: rows[f"{namespace}/benchmark-results-pvc-{name}-2"]["outcome"] for name in ("aa01", "dd01")}
    assert further == {"aa01": "left alone", "dd01": "removed"}
    left = {body["metadata"]["name"] for body in client.list(PVC, namespace)[0]}
    assert left == {"results-aa01", "results-dd01", "benchmark-results-pvc-aa01-2"}


def test_a_run_of_this_machine_is_told_by_its_lock_and_its_cluster_is_looked_at_unasked(
    leave: Leave, clean: Any, client: KubeClient, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    leave("bb01", token="bb01-here")
    run = RunFolder(tmp_path / "results" / "chat" / "bb01")
    run.root.mkdir(parents=True)
    journal = Journal(run.journal)
    way = {"kubeconfig": str(cluster.kubeconfig), "context": client.context, "server": client.server}
    journal.record(RunStarted(run_id="bb01", task={}, plan={}, placement={"namespace": namespace, **way}))
    journal.record(HostStarted(pid=1, host="h", started=1.0, token="bb01-here"))
    record_run(run)
    lock = FileLock(run.host_lock, "bb01")
    lock.acquire()
    _, rows = clean("--yes", "bb01", kubeconfig=None)
    assert {row["outcome"] for row in rows.values()} == {"left alone"}
    lock.release()
    code, rows = clean("--yes", "bb01", kubeconfig=None)
    assert code == 0
    assert {row["outcome"] for row in rows.values()} == {"removed"}
    assert names(client, namespace) == []


def test_with_rights_in_one_namespace_that_one_is_cleaned_and_the_rest_is_told(
    leave: Leave, clean: Any, client: KubeClient, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    leave("dd01", silent=500)
    rights = render_rbac(namespace, name="cleaner", direct=True).split("---\n")
    cluster.kubectl("apply", "-f", "-", input="---\n".join(one for one in rights if "-optional" not in one))
    token = cluster.kubectl("create", "token", "cleaner", "-n", namespace).strip()
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json"))
    config["users"][0]["user"] = {"token": token}
    config["contexts"][0]["context"]["namespace"] = namespace
    mine = tmp_path / "kubeconfig"
    mine.write_text(json.dumps(config))
    may = Access(mine)
    wait_for(lambda: KubeClient.connect(may).may("delete", INFERENCE_SERVICE, namespace).allowed, 10)
    code = main(["clean", "--yes", "--kubeconfig", str(mine)])
    assert code == 0
    assert names(client, namespace) == []
