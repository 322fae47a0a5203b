"""What breaks under a load by BenchmarkJobs: the claim is full, the namespace goes, the tuner is killed any time."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.in_jobs import UNHURRIED, TunerInJobs
from on_cluster.test_resume import check_whole

Loads = Callable[..., TunerInJobs]
pytestmark = [pytest.mark.genai_bench, pytest.mark.slow]


@pytest.fixture
def claim_of(cluster: Cluster) -> Iterator[Callable[[Path, str], None]]:
    """Has the pods that mount a folder find a volume with these options of a mount there."""
    made: list[Path] = []

    def fill(folder: Path, options: str) -> None:
        cluster.holder.run("mount", "-t", "tmpfs", "-o", options, "claimed", folder)
        made.append(folder)

    yield fill
    for folder in made:
        cluster.holder.run("umount", "--lazy", folder)


@pytest.mark.parametrize("options", ["size=16k", "ro"])
def test_a_claim_that_is_full_or_read_only_is_told_with_its_cure(
    loads: Loads, claim_of: Callable[[Path, str], None], options: str
) -> None:
    run = loads()
    claim_of(run.files, options)
    assert run.run() == 1, run.said()
    (failed,) = run.of(ev.AttemptEnded)
    assert failed.cause == "storage_full" and "kubernetes.pvc" in failed.cure, run.said()
    assert any("No space left" in line or "subPath" in line for line in failed.evidence), failed.evidence
    run.check_nothing_is_left()


def test_a_namespace_that_is_deleted_is_the_cause_and_not_the_pod_that_went_with_it(loads: Loads) -> None:
    run = loads(benchmark={"num_concurrency": [1], "max_requests_per_iteration": 5000, "max_time_per_iteration": 5})
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted))
    run.cluster.kubectl("delete", "namespace", run.namespace, "--wait=false")
    assert process.wait(120) == 1, run.said()
    assert [end.cause for end in run.of(ev.AttemptEnded)] == ["namespace_gone"], run.said()
    (end,) = run.of(ev.RunEnded)
    assert end.reason == "access" and "namespace" in end.message


def test_a_way_for_commands_that_is_cut_and_an_api_server_that_is_away_cost_no_experiment(loads: Loads) -> None:
    run = loads(benchmark=UNHURRIED)
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted) and event.level == 1)
    for way in [event for event in run.of(ev.ResourceCreated) if event.name.endswith("port-forward")]:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(way.pid).kill()
    run.until(lambda event: isinstance(event, ev.LevelStarted) and event.level == 2)
    run.cluster.restart("apiserver")
    assert process.wait(120) == 0, run.said()
    assert run.of(ev.AttemptEnded)[-1].outcome == "scored", run.said()
    assert [end.verdict for end in run.of(ev.LevelEnded) if end.level == 2][-1] == "ok"
    run.check_nothing_is_left()


@pytest.mark.timeout(300)
def test_a_tuner_that_is_killed_at_random_moments_loses_and_leaves_nothing(loads: Loads) -> None:
    run = loads(benchmark=UNHURRIED)
    moments = random.Random(3)
    for _ in range(2):
        assert run.kill_at(run.resume(), moments.uniform(0.5, 6.0)), "it had ended before"
    run.finish()
    check_whole(run)
