"""The tuner within the cluster, as examples/in_cluster has it: a run that no machine of its user's must be on for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.events import Event
from cluster.cluster import Cluster
from on_cluster.catalog import model
from on_cluster.in_jobs import LOADED, make_objects, task_in_jobs
from on_cluster.inside import TunerInside, least_rights
from on_terminal import on_terminal
from waiting import wait_for

pytestmark = [pytest.mark.genai_bench, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def inside(cluster: Cluster, namespace: str, catalog: None, tmp_path: Path) -> Iterator[TunerInside]:
    from autotuner_core.deploy.local.tiny_model import tokenizer_folder

    make_objects(cluster, [model(LOADED, tokenizer_folder())])
    cluster.kubectl("label", "--overwrite", "nodes", "--all", f"models.ome.io/clusterbasemodel.{LOADED}=Ready")
    task = task_in_jobs(namespace, benchmark={"max_requests_per_iteration": 150})
    with least_rights(cluster, namespace):
        yield TunerInside(cluster, namespace, tmp_path, **task)


def measuring(event: Event) -> bool:
    return isinstance(event, ev.LevelStarted) and event.level == 1


def test_the_example_runs_to_its_result_and_is_seen_from_a_terminal_in_its_pod(inside: TunerInside) -> None:
    inside.begin_job()
    with on_terminal(inside.exec_words("autotuner-tui", "attach"), inside.environment) as screen:
        screen.sees("in-jobs", f"ome/{inside.namespace}"[:20], "1 Experiments")
        screen.press("q")
        assert screen.ended() == 0
    inside.wait_complete()
    document = json.loads((inside.results / "in-jobs_results.json").read_text())
    assert document["successful_experiments"] == 1 and document["load"] == "benchmark_job"
    assert not [note for note in inside.of(ev.RunNote) if note.code == "not_in_index"]
    inside.check_nothing_is_left()


def test_a_pod_that_is_taken_away_ends_cleanly_and_the_next_goes_on_with_its_run(inside: TunerInside) -> None:
    inside.begin_job()
    inside.until(measuring)
    (pod,) = inside.pods()
    inside.cluster.kubectl("delete", "pod", "-n", inside.namespace, pod["metadata"]["name"])
    wait_for(lambda: inside.of(ev.RunEnded), 5)
    assert [event.signal for event in inside.of(ev.RunEnded)] == [15]
    inside.wait_complete()
    assert [event.resumed for event in inside.of(ev.HostStarted)] == [False, True]
    assert [event.outcome for event in inside.of(ev.AttemptEnded)] == ["interrupted", "scored"]
    inside.check_nothing_is_left()
