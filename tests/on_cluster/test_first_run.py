"""The architecture document's task, as it stands there, from its file to its results: real engine, real load generator,
4 of its 16 experiments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.documents_task import the_documents_task
from on_cluster.tuning import TunerOnCluster

pytestmark = [pytest.mark.genai_bench, pytest.mark.slow]


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("engines")
def test_the_documents_task_finds_its_best_configuration(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    run = TunerOnCluster(cluster, namespace, tmp_path, **the_documents_task())
    run.run_options += ("--namespace", namespace)
    assert run.begin().wait(500) == 0, run.said()
    document = json.loads((run.results / "simple-tune_results.json").read_text())
    assert (document["task_name"], document["total_experiments"]) == ("simple-tune", 4)
    assert document["successful_experiments"] == 4 and document["elapsed_time"] > 0
    results = document["all_results"]
    assert [sorted(result["parameters"]) for result in results] == [sorted(the_documents_task()["parameters"])] * 4
    assert document["best_result"]["objective_score"] == min(result["objective_score"] for result in results)
    for result in results:
        assert result["status"] == "success" and 0 < result["objective_score"] < 60
        assert result["metrics"]["output_throughput"] > 0
        assert [level["verdict"] for level in result["levels"]] == ["ok", "ok"]
    assert {event.image for event in run.of(ev.HardwareSeen)} != {""}
    assert not [note for note in run.of(ev.RunNote) if note.code == "hardware_differs"]
    run.check_nothing_is_left()
