"""A tuner that is killed while its load comes from a BenchmarkJob: the job goes on without it, and what it measured is
taken by whoever resumes the run."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.in_jobs import UNHURRIED, TunerInJobs, by_itself
from waiting import wait_for

Loads = Callable[..., TunerInJobs]
pytestmark = [pytest.mark.genai_bench, pytest.mark.slow]


def rows(path: Path, kind: str) -> Counter[int]:
    """How many lines of a kind a samples.jsonl has of each level."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines if line.endswith(b"}")]
    return Counter(line["level"] for line in found if line["kind"] == kind)


def samples(run: TunerInJobs) -> Path:
    """Of the first attempt, at home."""
    assert run.run_folder is not None
    return run.run_folder.attempt(1, 1) / "samples.jsonl"


def on_claim(run: TunerInJobs) -> list[Path]:
    """Those that lie on the claim."""
    return list(run.files.glob("*/*/exp1-*/samples.jsonl"))


def in_second_level(run: TunerInJobs) -> subprocess.Popen[bytes]:
    """The run, begun, with some requests of its second level at home."""
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted) and event.level == 2)
    wait_for(lambda: rows(samples(run), "request")[2] >= 3, 30, what="requests of the second level")
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def uid(run: TunerInJobs) -> str:
    """Of the one BenchmarkJob that there is."""
    return run.cluster.kubectl("get", "benchmarkjobs", "-n", run.namespace, "-o", "jsonpath={.items[*].metadata.uid}")


def check_measured_once(run: TunerInJobs) -> None:
    """By one job, in which each level was loaded once, and every request is at home once."""
    assert run.of(ev.AttemptEnded)[-1].outcome == "scored", run.said()
    assert Counter(end.level for end in run.of(ev.LevelEnded) if end.verdict == "ok") == {0: 1, 1: 1, 2: 1}
    assert len([made for made in run.of(ev.ResourceCreated) if made.kind == "BenchmarkJob"]) == 1
    (there,) = on_claim(run)
    assert rows(there, "level") == {0: 1, 1: 1, 2: 1}
    assert there.read_bytes() == samples(run).read_bytes()
    run.check_nothing_is_left()


@pytest.mark.usefixtures("either_ome")
def test_a_level_goes_on_while_its_tuner_is_dead_and_is_not_measured_again(loads: Loads) -> None:
    run = loads(benchmark=UNHURRIED)
    process = in_second_level(run)
    kill(process)
    before, process = uid(run), run.resume()
    run.until(lambda event: isinstance(event, ev.RunNote) and event.code == "job_goes_on")
    assert uid(run) == before
    assert process.wait(120) == 0, run.said()
    check_measured_once(run)
    (level,) = [end for end in run.of(ev.LevelEnded) if end.level == 2]
    assert any("tuner was gone" in note for note in level.notes) and level.figures["num_requests"] == 25


def test_a_level_that_ended_while_nobody_looked_is_read_and_not_measured_again(loads: Loads) -> None:
    run = loads(benchmark=UNHURRIED)
    process = in_second_level(run)
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: any(rows(path, "level_end")[2] for path in on_claim(run)), 60, what="the level to end")
    kill(process)
    run.finish()
    check_measured_once(run)


def test_a_killed_tuner_that_had_all_its_levels_leaves_no_job(loads: Loads) -> None:
    run = loads(benchmark=UNHURRIED)
    process = in_second_level(run)
    run.until(lambda event: isinstance(event, ev.LevelEnded) and event.level == 2)
    kill(process)
    run.finish()
    run.check_nothing_is_left()


PATCH = '{"spec": {"maxRequestsPerIteration": 7}}'
CHANGES = {
    "it is not what would be made now": ("patch", "benchmarkjob", "{job}", "--type=merge", "-p", PATCH),
    "pod is gone": ("delete", "pod", "-l", "benchmark={job}", "--grace-period=0", "--force"),
}


@pytest.mark.parametrize("why", CHANGES)
def test_a_job_that_cannot_go_on_is_begun_again_and_says_why(why: str, loads: Loads) -> None:
    run = loads(benchmark=UNHURRIED)
    kill(in_second_level(run))
    (job,) = [made.name for made in run.of(ev.ResourceCreated) if made.kind == "BenchmarkJob"]
    run.cluster.kubectl(*(word.replace("{job}", job) for word in CHANGES[why]), "-n", run.namespace)
    run.finish()
    (note,) = [note for note in run.of(ev.RunNote) if note.code == "job_begun_again"]
    assert why in note.text
    assert Counter(end.level for end in run.of(ev.LevelEnded) if end.verdict == "ok") == {0: 1, 1: 1, 2: 1}
    assert len(on_claim(run)) == 2
    run.check_nothing_is_left()


@pytest.mark.timeout(400)
def test_a_job_without_a_launcher_that_ended_while_its_tuner_was_dead_is_read(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    run = by_itself(cluster, namespace, tmp_path)
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.WorkloadObserved) and "b1-" in event.name and event.phase == "Running")
    kill(process)
    state = ("get", "benchmarkjobs", "-n", namespace, "-o", "jsonpath={.items[*].status.state}")
    wait_for(lambda: cluster.kubectl(*state) == "Completed", 150, what="the job to end")
    run.finish()
    assert run.of(ev.AttemptEnded)[-1].outcome == "scored", run.said()
    assert len([made for made in run.of(ev.ResourceCreated) if made.kind == "BenchmarkJob"]) == 1
    run.check_nothing_is_left()
