"""A run goes on past configurations that fail, tells each cause, and leaves nothing in the cluster."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from cluster.images import BOX
from on_cluster.tuning import TunerOnCluster

Tuner = Callable[..., TunerOnCluster]
CASES = ["a", "b", "c", "d", "e", "crash", "greedy", "large"]


def test_eight_experiments_two_at_once_end_with_five_scores_and_three_causes(
    tuner: Tuner,
) -> None:
    run = tuner(
        parameters={
            "case": {"type": "choice", "values": CASES},
            "tp_size": {"type": "choice", "values": [1, 16]},
        },
        constraints=["(case == 'large') == (tp_size == 16)"],
        optimization={"max_parallel": 2, "max_iterations": 8},
    )
    assert run.run() == 0, run.said()
    experiments = run.state().experiments.values()
    ends = {e.parameters["case"]: e.latest.ended for e in experiments if e.latest and e.latest.ended}
    causes = {case: end.cause for case, end in ends.items() if end.outcome == "failed"}
    assert causes == {"crash": "crash", "greedy": "out_of_memory", "large": "does_not_fit"}
    assert sorted(case for case, end in ends.items() if end.outcome == "scored") == ["a", "b", "c", "d", "e"]
    assert "RuntimeError: the engine was asked to crash" in "\n".join(ends["crash"].evidence)
    assert "needs 16 nvidia.com/gpu" in ends["large"].message
    assert all(end.cure for case, end in ends.items() if case in causes)
    run.check_nothing_is_left()


@pytest.mark.usefixtures("either_ome")
def test_each_attempt_says_what_it_ran_on_and_keeps_its_log_and_manifest(tuner: Tuner) -> None:
    run = tuner(parameters={"tp_size": {"type": "choice", "values": [1]}})
    assert run.run() == 0, run.said()
    (hardware,) = run.of(ev.HardwareSeen)
    assert hardware.node and hardware.image.startswith("sha256:")
    phases = [event.phase for event in run.of(ev.WorkloadObserved)]
    assert phases[0] == "Pending" and phases[-1] == "Deleted" and "Running" in phases
    assert any(event.reason == "Scheduled" for event in run.of(ev.ClusterEventSeen))
    assert run.run_folder is not None
    folder = run.run_folder.attempt(1, 1)
    assert "listening on" in (folder / "engine.log").read_text()
    assert "kind: InferenceService" in (folder / "manifest.yaml").read_text()
    codes = {note.code for note in run.of(ev.RunNote)}
    assert {"way", "forward_latency"} <= codes


def all_gpus(cluster: Cluster, namespace: str) -> None:
    """A pod of somebody else's that holds every GPU."""
    container = {
        "name": "box", "image": BOX, "command": ["sh", "-c", "sleep 600"],
        "resources": {"limits": {"nvidia.com/gpu": "8"}},
    }  # fmt: skip
    spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "neighbour"}, "spec": spec}
    cluster.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(body))
    cluster.kubectl("wait", "--for", "condition=Ready", "pod/neighbour", "-n", namespace, "--timeout", "30s")


def test_gpus_that_are_freed_within_the_grace_are_waited_for(cluster: Cluster, tuner: Tuner) -> None:
    run = tuner(parameters={"tp_size": {"type": "choice", "values": [1]}})
    all_gpus(cluster, run.namespace)
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.ClusterEventSeen) and event.reason == "FailedScheduling")
    cluster.kubectl("delete", "pod", "neighbour", "-n", run.namespace)
    assert process.wait(120) == 0, run.said()
    (end,) = run.of(ev.AttemptEnded)
    assert end.outcome == "scored"


def test_gpus_that_stay_taken_are_told_once_the_grace_is_over(cluster: Cluster, tuner: Tuner) -> None:
    run = tuner(parameters={"tp_size": {"type": "choice", "values": [1]}}, kubernetes={"schedule_grace": 3})
    all_gpus(cluster, run.namespace)
    assert run.run() == 1
    (end,) = run.of(ev.AttemptEnded)
    assert end.cause == "unschedulable" and "nvidia.com/gpu" in end.message and end.cure
    run.check_nothing_is_left()
