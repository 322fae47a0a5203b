"""`plan` and `doctor` with a cluster at hand: what they say of it is what it has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autotuner_tui.cli.main import main
from cluster.cluster import Cluster
from cluster.engines import MODEL, RUNTIME

TASK: dict[str, Any] = {
    "task_name": "chat",
    "model": {"name": MODEL, "namespace": "autotuner"},
    "base_runtime": RUNTIME,
    "parameters": {"mem_frac": {"type": "choice", "values": [0.8, 0.9]}},
    "optimization": {"objective": "maximize_throughput"},
    "benchmark": {"model_tokenizer": "m"},
}


@pytest.fixture
def task(tmp_path: Path) -> str:
    file = tmp_path / "task.json"
    file.write_text(json.dumps(TASK))
    return str(file)


def test_the_runtimes_own_arguments_make_manifests_and_gpu_hours_true(
    task: str, cluster: Cluster, engines: None, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = json.loads(cluster.kubectl("get", "clusterservingruntime", RUNTIME, "-o", "json"))
    name = "four-gpus-rt"
    runner = runtime["spec"]["engineConfig"]["runner"]
    runner["args"] = [*(word for word in runner["args"] if "tp-size" not in word), "--tp-size=4"]
    runner["command"] = ["python3", "-m", "sglang.launch_server"]
    runtime["metadata"] = {"name": name}
    cluster.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(runtime))
    Path(task).write_text(json.dumps({**TASK, "base_runtime": name}))
    words = ["plan", task, "--direct", "--manifests", "--json"]
    try:
        assert main(words) == 0
        alone = json.loads(capsys.readouterr().out)
        assert main([*words, "--kubeconfig", str(cluster.kubeconfig)]) == 0
    finally:
        cluster.kubectl("delete", "clusterservingruntime", name)
    told = json.loads(capsys.readouterr().out)
    assert [one["gpu_count"] for one in alone["experiments"]] == [1, 1]
    assert [one["gpu_count"] for one in told["experiments"]] == [4, 4]
    assert told["forecast"]["gpu_hours"]["high"] == pytest.approx(4 * alone["forecast"]["gpu_hours"]["high"])
    engine = told["manifests"][0]["spec"]["engine"]["runner"]
    assert engine["resources"]["limits"]["nvidia.com/gpu"] == 4
    assert "--enable-metrics" in engine["args"]


def test_a_runtime_that_is_not_there_and_a_cluster_that_is_away_are_told(
    task: str, cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(task).write_text(json.dumps({**TASK, "base_runtime": "nowhere-rt"}))
    assert main(["plan", task, "--kubeconfig", str(cluster.kubeconfig)]) == 2
    assert "no serving runtime 'nowhere-rt'" in capsys.readouterr().err
    assert main(["check", task, "--direct", "--kubeconfig", str(cluster.kubeconfig)]) == 2
    assert "nowhere-rt" in capsys.readouterr().out
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["plan", task, "--cluster"]) == 3
    assert "no way into a cluster" in capsys.readouterr().err


def test_the_doctor_tells_of_the_cluster_and_of_what_it_lacks(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def checks(*words: str) -> tuple[int, dict[str, Any]]:
        code = main(["doctor", "--json", "--results-dir", str(tmp_path), *words])
        return code, {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}

    way = ("--kubeconfig", str(cluster.kubeconfig))
    code, seen = checks(*way)
    assert code == 0
    assert seen["cluster"]["health"] == seen["rights"]["health"] == "ok"
    assert "Kubernetes v1." in seen["cluster"]["found"]
    assert "its kinds are there" in seen["OME"]["found"]
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json"))
    config["users"][0]["user"] = {"token": "wrong"}
    other = tmp_path / "kubeconfig"
    other.write_text(json.dumps(config))
    code, seen = checks("--kubeconfig", str(other))
    assert code == 1
    assert "Log in to the cluster again" in seen["cluster"]["cure"]
