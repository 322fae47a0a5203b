"""Results come home from a claim through a reader pod: whole, whatever a node keeps of its log; and told where not."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotuner_core.benchmark.volume import reader, reader_pod
from autotuner_core.control import Interrupted, Interruption
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube.kinds import POD, PVC
from cluster.cluster import Cluster
from on_cluster.claimed import Claimed
from waiting import wait_for

FOLDER = "on-cluster/ab12/exp1-attempt1"


@pytest.fixture
def run(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Claimed]:
    """With a claim whose volume is the folder `volume`."""
    run = Claimed(cluster, namespace, tmp_path)
    run.volume("results", tmp_path / "volume")
    run.claims.prepare(run.scope)
    try:
        yield run
    finally:
        run.close()


@pytest.fixture
def written(tmp_path: Path, run: Claimed) -> Path:
    """An attempt's folder with results, as genai-bench leaves it."""
    folder = tmp_path / "volume" / FOLDER
    folder.mkdir(parents=True)
    (folder / "level_1.json").write_text(json.dumps({"requests": list(range(5000))}))
    (folder / "samples.jsonl").write_bytes(os.urandom(200_000))
    (folder / "report.xlsx").write_bytes(os.urandom(5000))
    return folder


def pods(run: Claimed) -> list[str]:
    return [pod["metadata"]["name"] for pod in run.client.list(POD, run.namespace)[0]]


def same(written: Path, home: Path) -> bool:
    return all(
        (home / name).read_bytes() == (written / name).read_bytes() for name in ("level_1.json", "samples.jsonl")
    )


def failure(run: Claimed, home: Path, **more: str) -> ExperimentFailure:
    with pytest.raises(ExperimentFailure) as raised:
        run.read(FOLDER, home, **more)
    assert raised.value.evidence and raised.value.cure
    assert pods(run) == [] and run.left() == ["on-cluster-ab12-lease"]
    return raised.value


def test_results_come_home_and_nothing_of_the_reader_is_left(run: Claimed, written: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert {path.name for path in run.read(FOLDER, home)} == {"level_1.json", "samples.jsonl"}
    assert same(written, home)
    assert pods(run) == [] and run.left() == ["on-cluster-ab12-lease"]
    [intended, created, removed] = [event for event in run.record.events if getattr(event, "kind", "") == "Pod"]
    assert [one.type for one in (intended, created, removed)] == [
        "ResourceIntended", "ResourceCreated", "ResourceRemoved",
    ]  # fmt: skip


def test_results_larger_than_a_log_come_in_parts(
    run: Claimed, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MOST_PIECES", 9)
    run.read(FOLDER, tmp_path / "home")
    assert same(written, tmp_path / "home")
    assert len(run.record.of("ResourceRemoved")) > 2


def test_a_node_that_put_a_part_of_the_log_away_is_asked_for_it_again(
    run: Claimed, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reader_pod.ReaderPod.printed

    def rotated(self: reader_pod.ReaderPod, scope: object) -> list[str]:
        return whole(self, scope)[-20:]  # type: ignore[arg-type]

    monkeypatch.setattr(reader_pod.ReaderPod, "printed", rotated)
    run.read(FOLDER, tmp_path / "home")
    assert same(written, tmp_path / "home")


def test_a_folder_that_the_benchmark_never_wrote_is_told(run: Claimed, written: Path, tmp_path: Path) -> None:
    written.rename(written.with_name("elsewhere"))
    told = failure(run, tmp_path / "home")
    assert "the folder is not there" in told.message
    assert "beside it lie: elsewhere" in told.evidence


def test_a_claim_that_was_removed_is_told(run: Claimed, written: Path, tmp_path: Path) -> None:
    run.client.delete(PVC, "results", run.namespace)
    wait_for(lambda: run.claim() is None, 60)
    told = failure(run, tmp_path / "home")
    assert "results, which does not exist" in told.message and FOLDER in told.cure


def test_a_volume_that_its_node_cannot_mount_is_told(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_pod, "GRACE_SECONDS", 3.0)
    run = Claimed(cluster, namespace, tmp_path)
    run.volume("results", tmp_path / "volume", source={"nfs": {"server": "127.0.0.1", "path": "/none"}})
    run.claims.prepare(run.scope)
    try:
        told = failure(run, tmp_path / "home")
    finally:
        run.close()
    assert "volume" in told.message and "kubectl get volumeattachments" in told.cure
    assert told.cause is FailureCause.BENCHMARK_FAILED and told.retry


def test_an_image_that_cannot_be_pulled_is_told(run: Claimed, written: Path, tmp_path: Path) -> None:
    told = failure(run, tmp_path / "home", image="example.com/none/genai-bench:1")
    assert told.cause is FailureCause.IMAGE_PULL and "benchmark.image" in told.cure


def test_an_image_without_python_is_told(run: Claimed, written: Path, tmp_path: Path) -> None:
    (tmp_path / "templates" / "result_reader.yaml.j2").unlink()
    told = failure(run, tmp_path / "home")
    assert "python3" in told.cure


@pytest.fixture
def small_volume(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Runs a shell's words in `volume`, which for the node is a file system of a megabyte of its own."""
    place, holder = tmp_path / "volume", cluster.holder
    place.mkdir(exist_ok=True)
    holder.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place)
    try:
        yield lambda words: holder.run("sh", "-c", f"cd {place} && {words}")
    finally:
        holder.run("umount", "-l", place)


def test_a_full_claim_is_told(run: Claimed, small_volume: Callable[[str], str], tmp_path: Path) -> None:
    cut = f"mkdir -p {FOLDER} && echo '[1, 2' > {FOLDER}/level_1.json"
    small_volume(f"{cut}; dd if=/dev/zero of=filler bs=4096 2>/dev/null; true")
    told = failure(run, tmp_path / "home")
    assert told.cause is FailureCause.STORAGE_FULL
    assert "level_1.json stops in the middle" in told.evidence


def test_a_reader_that_an_earlier_host_left_is_replaced(run: Claimed, written: Path, tmp_path: Path) -> None:
    labels = {**run.where.labels}
    spec = {"containers": [{"name": "old", "image": "docker.io/library/busybox:1", "command": ["sleep", "600"]}]}
    about = {"name": "on-cluster-ab12-exp1r1", "labels": labels}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": {**spec, "terminationGracePeriodSeconds": 1}}
    run.client.create(POD, body, run.namespace)
    run.read(FOLDER, tmp_path / "home")
    assert same(written, tmp_path / "home")


def test_a_reader_that_somebody_deletes_is_waited_for(run: Claimed, written: Path, tmp_path: Path) -> None:
    template = tmp_path / "templates" / "result_reader.yaml.j2"
    template.write_text(template.read_text().replace("{{ command | tojson }}", '["sleep", "600"]'))

    def delete() -> None:
        wait_for(lambda: any(pod.get("status", {}).get("phase") == "Running"
                             for pod in run.client.list(POD, run.namespace)[0]))  # fmt: skip
        run.client.delete(POD, pods(run)[0], run.namespace, grace=1)

    thread = threading.Thread(target=delete)
    thread.start()
    told = None
    try:
        with pytest.raises(ExperimentFailure) as told:
            run.read(FOLDER, tmp_path / "home")
    finally:
        thread.join()
    assert "was removed, and this run did not do it" in told.value.message


def test_a_stop_ends_the_reader_at_once(run: Claimed, written: Path, tmp_path: Path) -> None:
    template = tmp_path / "templates" / "result_reader.yaml.j2"
    template.write_text(template.read_text().replace("{{ command | tojson }}", '["sleep", "600"]'))

    def stop() -> None:
        wait_for(lambda: pods(run))
        run.control.stop(Interruption.STOP)

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        with pytest.raises(Interrupted):
            run.read(FOLDER, tmp_path / "home")
    finally:
        thread.join()
    assert pods(run) == [] and run.left() == ["on-cluster-ab12-lease"]
