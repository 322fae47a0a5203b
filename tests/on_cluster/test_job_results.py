"""Runs whose results come home from a claim, not through the log: where rows were lost on the way, where no launcher
reports, and where a claim goes with the run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.bench import CLAIM
from on_cluster.catalog import model
from on_cluster.claimed import VOLUME
from on_cluster.in_jobs import LOADED, TunerInJobs, by_itself, make_objects

Loads = Callable[..., TunerInJobs]
pytestmark = [pytest.mark.genai_bench, pytest.mark.slow]

# Stands in the tuner's own process, and damages the second piece of rows that comes through a log, or all from then on.
DAMAGED = """
import autotuner_core.benchmark.job.reports as reports
unpacked, seen = reports.unpacked, []
def damaged(report):
    seen.append(report)
    return None if len(seen) {how} 2 else unpacked(report)
reports.unpacked = damaged
"""


def damage(run: TunerInJobs, how: str) -> None:
    """Have pieces damaged whose number is `==` 2, or `>=` 2."""
    site = run.folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(DAMAGED.replace("{how}", how))
    path = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    run.environment["PYTHONPATH"] = os.pathsep.join(path)


def check_all_came(run: TunerInJobs) -> None:
    (ended,) = run.of(ev.AttemptEnded)
    assert ended.outcome == "scored", run.said()
    levels = [event for event in run.of(ev.LevelEnded) if event.level in (1, 2)]
    assert [level.figures["num_requests"] for level in levels] == [40, 40]
    run.check_nothing_is_left()


def claims(run: TunerInJobs) -> list[str]:
    return run.cluster.kubectl("get", "pvc", "-n", run.namespace, "-o", "name").split()


def test_rows_that_do_not_come_through_the_log_come_from_the_claim(loads: Loads) -> None:
    run = loads()
    damage(run, ">=")
    assert run.run() == 0, run.said()
    assert {event.name[-6:] for event in run.of(ev.ResourceRemoved) if event.kind == "Pod"} == {"exp1r1"}
    check_all_came(run)


ALONE = "ReadWriteOncePod"


def test_rows_that_were_lost_on_the_way_come_although_the_claim_lets_no_second_pod_in(loads: Loads) -> None:
    run = loads()
    run.claim_with(ALONE)
    damage(run, "==")
    assert run.run() == 0, run.said()
    assert not [event for event in run.of(ev.ResourceIntended) if event.kind == "Pod"]
    check_all_came(run)


def test_a_claim_that_lets_no_second_pod_in_is_told_where_rows_are_to_come_from_it(loads: Loads) -> None:
    run = loads()
    run.claim_with(ALONE)
    damage(run, ">=")
    assert run.run() == 1, run.said()
    (failed,) = run.of(ev.AttemptEnded)
    assert ALONE in failed.cure and "kubernetes.pvc" in failed.cure, failed
    run.check_nothing_is_left()


@pytest.mark.timeout(400)
def test_a_genai_bench_in_which_no_launcher_reports_is_measured_by_its_files(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    run = by_itself(cluster, namespace, tmp_path)
    assert run.begin().wait(300) == 0, run.said()
    assert "plain_benchmark_job" in [note.code for note in run.of(ev.RunNote)]
    (ended,) = run.of(ev.AttemptEnded)
    assert ended.outcome == "scored", run.said()
    run.check_nothing_is_left()


def test_an_engine_that_does_not_serve_the_name_that_ome_asks_for_is_told_with_its_cure(loads: Loads) -> None:
    run = loads()  # its engine serves tuned-model, and nobody knows the flag by which it would serve another name
    run.without_launcher()
    assert run.run() == 1, run.said()
    (failed,) = run.of(ev.AttemptEnded)
    assert (failed.outcome, failed.cause, failed.will_retry) == ("failed", "benchmark_failed", False), run.said()
    told = " ".join([failed.message, *failed.evidence])
    assert "error 404" in told and "vllm-model" in told, failed
    assert "--served-model-name vllm-model" in failed.cure
    run.check_nothing_is_left()


def test_a_genai_bench_that_runs_by_itself_and_dies_is_told_in_its_own_words(loads: Loads, tmp_path: Path) -> None:
    run = loads()
    (tmp_path / "empty").mkdir()
    make_objects(run.cluster, [model(LOADED, tmp_path / "empty")])  # there is no tokenizer in it
    run.without_launcher()
    assert run.run() == 1, run.said()
    (failed,) = run.of(ev.AttemptEnded)
    assert failed.cause == "benchmark_failed" and "benchmark.log" in failed.cure, failed
    assert any("tokenizer" in line for line in failed.evidence), failed
    run.check_nothing_is_left()


def test_experiments_at_the_same_time_leave_one_claim_with_their_results_at_home(
    loads: Loads, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    run = loads(
        parameters={"tp_size": {"type": "choice", "values": [1, 2]}},
        optimization={"max_parallel": 2},
        benchmark={"num_concurrency": [1]},
    )
    (tmp_path / "second").mkdir()
    place = {"path": str(tmp_path / "second")}
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": place}
    name = f"second-{namespace}"
    volume = {"apiVersion": "v1", "kind": VOLUME.name, "metadata": {"name": name}, "spec": spec}
    make_objects(cluster, [volume])
    try:
        assert run.run() == 0, run.said()
        assert claims(run) == [f"persistentvolumeclaim/{CLAIM}"]
    finally:
        cluster.kubectl("delete", "persistentvolume", name, "--wait=false")
    assert [event.outcome for event in run.of(ev.AttemptEnded)] == ["scored", "scored"]
    made = [event.name for event in run.of(ev.ResourceCreated) if event.kind == "PersistentVolumeClaim"]
    assert len(made) == 1 and made[0].startswith(f"{CLAIM}-")
    (home,) = (tmp_path / "benchmark_results").glob("in-jobs-exp*/*-attempt1")
    (there,) = (tmp_path / "second").glob("in-jobs/*/exp*")
    names = {path.relative_to(there).as_posix() for path in there.rglob("*.json*")}
    assert names and names == {path.relative_to(home).as_posix() for path in home.rglob("*.json*")}
    assert all(json.loads(path.read_text()) for path in home.rglob("*.json"))
    run.check_nothing_is_left()
