"""The default mode on the test cluster: the load comes from BenchmarkJobs, with the real genai-bench in their pods."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.in_jobs import IN_PODS, TunerInJobs, model_with_tokenizer
from on_cluster.test_first_run import the_documents_task

pytestmark = [pytest.mark.genai_bench, pytest.mark.slow]


@pytest.mark.timeout(600)
def test_the_documents_task_runs_in_its_default_mode(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    model_with_tokenizer(cluster)
    task = the_documents_task()
    task["benchmark"] |= IN_PODS
    task["benchmark"].pop("model_tokenizer")
    run = TunerInJobs(cluster, namespace, tmp_path, **task)
    run.run_options += ("--namespace", namespace)
    assert run.begin().wait(500) == 0, run.said()
    document = json.loads((run.results / "simple-tune_results.json").read_text())
    assert (document["total_experiments"], document["successful_experiments"]) == (4, 4)
    assert not [note for note in run.of(ev.RunNote) if note.level == "warning"]
    run.check_nothing_is_left()
