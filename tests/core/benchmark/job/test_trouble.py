"""Why a load generator's pod does not load: in its own words, and never held against a configuration."""

from __future__ import annotations

from typing import Any

import pytest

from autotuner_core.benchmark.job.pending import still_pending
from autotuner_core.benchmark.job.trouble import trouble_of, view_of
from autotuner_core.benchmark.job.watching import JobSeen
from autotuner_core.failures import ExperimentFailure, FailureCause, FailureGroup

NAME = "tune-7f3a-exp1b1"


def about(uid: str, **more: Any) -> dict[str, Any]:
    return {"name": NAME, "uid": uid, "namespace": "n", "creationTimestamp": "2026-01-01T00:00:00Z", **more}


def job(**more: Any) -> dict[str, Any]:
    return {"metadata": about("job", **more), "status": {"state": "Running"}}


def pod(**status: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": "genai-bench", "image": "bench:1"}]}
    if "conditions" not in status:
        spec["nodeName"] = "node"
    return {"metadata": {**about("pod"), "name": f"{NAME}-x"}, "spec": spec, "status": status}


def container(**state: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "genai-bench", "image": "bench:1", "state": state}]}


def found(
    the_pod: dict[str, Any] | None, serving: str = "", *, gone: bool = False, by_itself: bool = False
) -> ExperimentFailure | None:
    """What is told of it, a minute after it was made."""
    seen = JobSeen(NAME, lambda *_: None)
    seen.take("BenchmarkJob", "ADDED", job())
    if the_pod is not None:
        seen.take("Pod", "ADDED", the_pod)
    if gone:
        seen.take("BenchmarkJob", "DELETED", job())
    view = view_of(seen, 1767225660.0, serving=serving, grace=0, nodes=None)
    return trouble_of(seen, view, by_itself=by_itself)


@pytest.mark.parametrize(
    ("the_pod", "cause", "cure"),
    [
        (pod(phase="Failed", **container(terminated={"exitCode": 137, "reason": "OOMKilled"})), "benchmark_failed",
         "benchmark.resources"),
        (pod(phase="Failed", **container(terminated={"exitCode": 1, "reason": "Error"})), "benchmark_failed",
         "benchmark.log"),
        (pod(phase="Failed", **container(terminated={"exitCode": 74, "reason": "Error"})), "storage_full",
         "kubernetes.pvc"),
        (pod(phase="Failed", **container(terminated={"exitCode": 128, "reason": "StartError"})), "benchmark_failed",
         "benchmark.image"),
        (pod(phase="Pending", **container(waiting={"reason": "ErrImagePull", "message": "manifest unknown"})),
         "image_pull", "benchmark.image"),
        (pod(phase="Failed", reason="Evicted", message="low on memory"), "evicted", ""),
        (pod(phase="Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                                           "message": "0/1 nodes are available: 1 Insufficient cpu."}]),
         "unschedulable", ""),
    ],
)  # fmt: skip
def test_the_cause_of_a_load_generator_that_fails_is_told_with_its_cure(
    the_pod: dict[str, Any], cause: str, cure: str
) -> None:
    failure = found(the_pod)
    assert failure is not None and failure.cause.value == cause
    assert cure in failure.cure and failure.cause.group is not FailureGroup.CONFIGURATION
    assert "engine" not in failure.message, failure.message


def test_a_load_generator_that_runs_by_itself_and_leaves_is_judged_by_its_files() -> None:
    left = pod(phase="Failed", **container(terminated={"exitCode": 1, "reason": "Error"}))
    assert found(left) is not None and found(left, by_itself=True) is None
    for how in ({"exitCode": 137, "reason": "OOMKilled"}, {"exitCode": 143, "reason": "Error"},
                {"exitCode": 74, "reason": "Error"}, {"exitCode": 128, "reason": "StartError"},
                {"exitCode": 127, "reason": "Error"}):  # fmt: skip
        assert found(pod(phase="Failed", **container(terminated=how)), by_itself=True) is not None, how


REFUSED = 'Error creating: pods "x" is forbidden: '
BY_QUOTA = "exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1"
BY_STANDARD = 'violates PodSecurity "baseline:latest": hostPath volumes (volume "model")'
BY_RANGE = "maximum cpu usage per Container is 1, but limit is 2"


@pytest.mark.parametrize(
    ("why", "cause", "cure"),
    [(BY_QUOTA, "quota", "resourcequota -n n"), (BY_STANDARD, "admission_denied", "--direct"),
     (BY_RANGE, "quota", "benchmark.resources")],
)  # fmt: skip
def test_a_pod_that_the_cluster_refuses_is_told_in_its_words_and_not_as_ome_in_silence(
    why: str, cause: str, cure: str
) -> None:
    seen = JobSeen(NAME, lambda *_: None)
    seen.take("BenchmarkJob", "ADDED", job())
    seen.take("Job", "ADDED", {"metadata": about("batch")})
    event = {"type": "Warning", "reason": "FailedCreate", "message": REFUSED + why, "metadata": {"uid": "event"}}
    seen.take("Event", "ADDED", {**event, "involvedObject": {"kind": "Job", "name": NAME, "uid": "batch"}})
    failure = trouble_of(seen, view_of(seen, 1767225660.0, serving="", grace=0, nodes=None))
    assert failure is not None and failure.cause.value == cause
    assert cure in failure.cure and "load generator's pod was refused" in failure.message
    assert any("FailedCreate on Job" in line for line in failure.evidence) and "engine" not in failure.message
    at_once = trouble_of(seen, view_of(seen, 1767225610.0, serving="", grace=0, nodes=None))
    assert (at_once is None) is (why == BY_QUOTA), "what others hold may be free in a moment, and then it is made"


def test_a_pod_that_ended_well_is_no_failure() -> None:
    assert found(pod(phase="Succeeded", **container(terminated={"exitCode": 0, "reason": "Completed"}))) is None
    assert found(pod(phase="Running", **container(running={}))) is None
    assert found(None) is None


def test_a_job_and_a_pod_that_others_remove_are_told_as_that() -> None:
    removed = found(pod(phase="Running"), gone=True)
    assert removed is not None and removed.cause is FailureCause.INTERRUPTED
    deleted = found(None, serving="pod")
    assert deleted is not None and deleted.cause is FailureCause.EVICTED and "load generator" in deleted.message


def test_a_job_that_ome_makes_nothing_of_is_told_with_what_is_known() -> None:
    seen = JobSeen(NAME, lambda *_: None)
    on_claim = {"spec": {"storage": {"storageUri": "pvc://models/llama"}}}
    assert "lies on a claim" in still_pending(seen, 45, on_claim).message
    seen.take("BenchmarkJob", "ADDED", {"metadata": about("job")})
    untouched = still_pending(seen, 45, {})
    assert untouched.cause is FailureCause.CONTROLLER_GONE and "kubectl logs -n ome" in untouched.cure
    seen.take("BenchmarkJob", "MODIFIED", job())
    seen.take("Job", "ADDED", {"metadata": about("batch"), "spec": {"suspend": True}})
    held = still_pending(seen, 45, {})
    assert "suspended" in held.message and "kubectl describe job" in held.cure
