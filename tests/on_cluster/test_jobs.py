"""The default mode on the test cluster: the load comes from BenchmarkJobs, with the real genai-bench in their pods."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.documents_task import the_documents_task
from on_cluster.in_jobs import IN_PODS, UNHURRIED, TunerInJobs, model_with_tokenizer
from on_cluster.test_resume import after

Loads = Callable[..., TunerInJobs]
pytestmark = [pytest.mark.genai_bench, pytest.mark.slow]


def recomputed(folder: Path, count: int) -> float:
    """The mean end-to-end latency over the levels (seconds), from genai-bench's own files on the claim, by nothing of
    the program's."""
    means = []
    for path in folder.glob("D*_num_concurrency_*_time_*s.json"):
        rows = json.loads(path.read_text())["individual_request_metrics"]
        taken = [row["e2e_latency"] for row in rows if row["error_code"] is None]
        assert len(taken) == count, path
        means.append(sum(taken) / len(taken))
    assert len(means) == 2
    return sum(means) / len(means)


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
    assert document["load"] == "benchmark_job"
    for result in document["all_results"]:
        (folder,) = (run.files / "simple-tune" / document["run_id"]).glob(f"exp{result['experiment_id']}-*")
        # The program leaves out the ramp and the end of a level, where fewer requests are under way: nearly the same.
        assert result["objective_score"] == pytest.approx(recomputed(folder, 50), rel=0.05)
    assert not [note for note in run.of(ev.RunNote) if note.level == "warning"]
    run.check_nothing_is_left()


ONE_LONG = {"num_concurrency": [1], "max_requests_per_iteration": 5000, "max_time_per_iteration": 5}


@pytest.mark.usefixtures("either_ome")
def test_levels_end_in_seconds_and_their_rows_come_through_the_log(loads: Loads) -> None:
    run = loads()
    assert run.run() == 0, run.said()
    (ended,) = run.of(ev.AttemptEnded)
    assert (ended.outcome, ended.feasible) == ("scored", True)
    levels = {event.level: event for event in run.of(ev.LevelEnded)}
    assert [levels[index].ended_by for index in (1, 2)] == ["requests", "requests"]
    assert not [note for note in run.of(ev.RunNote) if note.level == "warning"]
    run.check_nothing_is_left()


def test_an_experiment_whose_benchmark_pod_is_killed_is_measured_again(loads: Loads) -> None:
    run = loads(benchmark=ONE_LONG, optimization={"retries": 1})
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted) and event.level == 1)
    run.cluster.kubectl("delete", "pod", "-n", run.namespace, "-l", "benchmark", "--wait=false")
    failed = run.until(lambda event: isinstance(event, ev.AttemptEnded))
    assert isinstance(failed, ev.AttemptEnded)
    assert (failed.cause, failed.will_retry) == ("evicted", True), run.said()
    assert "load generator" in failed.message
    run.until(lambda event: isinstance(event, ev.LevelStarted) and event.attempt == 2 and event.level == 1)
    process.terminate()
    assert process.wait(60) == 143, run.said()
    run.check_nothing_is_left()


def test_an_image_without_genai_bench_is_told_with_its_cure(loads: Loads) -> None:
    run = loads()
    run.run_options = run.run_options[:2]  # the program's own template: nothing of this machine is mounted
    assert run.run() == 1, run.said()
    (failed,) = run.of(ev.AttemptEnded)
    assert failed.cause == "benchmark_failed" and "benchmark.image" in failed.cure, run.said()
    run.check_nothing_is_left()


def test_an_engine_that_dies_under_a_load_from_inside_is_its_own_cause(loads: Loads) -> None:
    run = loads(benchmark=ONE_LONG)
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted) and event.level == 1)
    run.cluster.kubectl("delete", "pod", "-n", run.namespace, "-l", "autotuner.io/run", "--wait=false")
    assert process.wait(60) == 1
    (failed,) = run.of(ev.AttemptEnded)
    assert failed.cause == "evicted" and "engine" in failed.message, run.said()
    run.check_nothing_is_left()


def test_a_killed_tuner_goes_on_with_the_levels_that_it_has(loads: Loads) -> None:
    run = loads(benchmark=UNHURRIED)
    assert run.kill_at(run.begin(), after(ev.LevelStarted, level=2)), "it had ended before"
    run.finish()
    assert len(run.of(ev.AttemptAdopted)) == 1
    ended = Counter(end.level for end in run.of(ev.LevelEnded) if end.verdict == "ok")
    assert ended[1] == ended[2] == 1, ended
    assert run.of(ev.AttemptEnded)[-1].outcome == "scored"
    run.check_nothing_is_left()
