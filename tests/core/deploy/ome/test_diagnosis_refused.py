"""What OME and Kubernetes refuse to make is told at once, and of this very service."""

from __future__ import annotations

import pytest

from autotuner_core.deploy.ome.diagnosis import diagnose, not_made
from autotuner_core.failures import FailureCause as Cause
from autotuner_core.kube.errors import KubeError
from recorded_service import BEGAN, NAME, event, stamp
from shown_service import POD, deployment, failure, grace, pod, service, view

QUOTA = (
    'pods "a" is forbidden: exceeded quota: gpus, requested: requests.nvidia.com/gpu={asked}, '
    "used: requests.nvidia.com/gpu=2, limited: requests.nvidia.com/gpu=4"
)
REFUSED = [
    (QUOTA.format(asked=4), Cause.QUOTA, True),
    (QUOTA.format(asked=8), Cause.QUOTA, False),
    ('pods "a" is forbidden: failed quota: q: must specify limits.cpu for: ome-container', Cause.QUOTA, False),
    ('pods "a" is forbidden: violates PodSecurity "restricted:latest": privileged', Cause.ADMISSION_DENIED, False),
    ('pods "a" is forbidden: no PriorityClass with name high was found', Cause.ADMISSION_DENIED, False),
    ('error looking up service account ns/x: serviceaccount "x" not found', Cause.ADMISSION_DENIED, False),
]  # fmt: skip


@pytest.mark.parametrize(("message", "cause", "retry"), REFUSED)
@pytest.mark.parametrize("told_by", ["event", "condition"])
def test_a_pod_that_may_not_be_made_is_waited_for(told_by: str, message: str, cause: Cause, retry: bool) -> None:
    if told_by == "event":
        told = [event("Warning", "FailedCreate", f"ReplicaSet/{NAME}-engine-abc", f"Error creating: {message}", 1)]
        seen = view(events=told)
    else:
        seen = view(deployment=deployment(ReplicaFailure=("True", "FailedCreate", message)))
    found = failure(seen)
    assert (found.cause, found.retry) == (cause, retry)
    assert 'pods "a" is forbidden' not in found.message


def test_a_webhook_that_does_not_answer_for_a_moment_is_a_failure() -> None:
    failing = deployment(ReplicaFailure=("True", "FailedCreate", 'failed calling webhook "x": timed out'))
    assert grace(view(deployment=failing)).until == BEGAN + 65
    failing["status"]["conditions"][0]["lastTransitionTime"] = stamp(0)
    assert failure(view(deployment=failing, at=61)).cause is Cause.ADMISSION_DENIED


def test_events_of_an_older_object_of_the_same_name_are_taken_for_this_one() -> None:
    told = [
        event("Warning", "RuntimeValidationError", f"InferenceService/{NAME}", "runtime r not found", 1, uid="older"),
        event("Warning", "FailedCreate", f"ReplicaSet/{NAME}-engine-abc", QUOTA.format(asked=8), -30),
        event("Warning", "FailedCreate", f"ReplicaSet/{NAME}0-engine-abc", QUOTA.format(asked=8), 1),
        event("Normal", "Killing", f"Pod/{POD}", "failed startup probe, will be restarted", 1, uid="older"),
    ]
    assert diagnose(view(events=told)) is None
    assert diagnose(view(pod({"running": {}}), events=told)) is None


def test_a_service_that_runs_is_given_up_for_an_event_of_its_runtime() -> None:
    told = [
        event("Warning", "RuntimeValidationError", f"InferenceService/{NAME}", "runtime not found", 1, uid="uid-isvc")
    ]
    assert diagnose(view(pod({"running": {}}), events=told)) is None
    assert failure(view(deployment=None, events=told)).cause is Cause.ADMISSION_DENIED


def test_a_controller_that_is_away_is_held_against_the_experiment() -> None:
    untouched = view(service=service(), deployment=None, at=31)
    assert failure(untouched).cause is Cause.CONTROLLER_GONE
    assert failure(view(deployment=None, at=31)).cause is Cause.ADMISSION_DENIED
    harmless = [event("Warning", "InternalError", f"InferenceService/{NAME}", "Service not found", 1, uid="uid-isvc")]
    assert "InternalError" not in str(failure(view(deployment=None, events=harmless, at=31)).evidence)
    assert failure(view(at=31)).cause is Cause.UNSCHEDULABLE  # a Deployment without a pod
    assert diagnose(view(service=service(), deployment=None, at=29)) is None


WEBHOOK = 'admission webhook "inferenceservice.ome-webhook-server.validator" denied the request: '
ANSWERED = [
    (400, f'{WEBHOOK}referenced model "m" not found in namespace "ns": ...', Cause.MODEL_UNAVAILABLE, "-n ns"),
    (400, f"{WEBHOOK}runtime r does not support model m: runtime r not found in namespace ns", Cause.ADMISSION_DENIED,
     "clusterservingruntimes"),
    (400, f'{WEBHOOK}invalid InferenceService name "1abc", must match ...', Cause.ADMISSION_DENIED, "task_name"),
    (400, 'strict decoding error: unknown field "spec.engine.minReplica"', Cause.ADMISSION_DENIED, "template"),
    (403, 'pods "a" is forbidden: violates PodSecurity "restricted:latest": ...', Cause.ADMISSION_DENIED, "Security"),
    (403, 'x is forbidden: maximum cpu usage per Container is 2, but limit is 4', Cause.QUOTA, "limitrange -n ns"),
    (403, "exceeded quota: q, requested: x=1, used: x=4, limited: x=4", Cause.QUOTA, "resourcequota -n ns"),
    (422, "ValidatingAdmissionPolicy 'ours' with binding 'all' denied request: no", Cause.ADMISSION_DENIED, "policies"),
    (403, 'x is forbidden: User "ann" cannot create resource "inferenceservices"', Cause.RIGHT_MISSING, "ann"),
    (403, 'x is forbidden: User "system:anonymous" cannot create resource "x"', Cause.CREDENTIALS_EXPIRED, "Log in"),
    (403, "unable to create new content in namespace x because it is being terminated", Cause.NAMESPACE_GONE, "again"),
    (500, 'failed calling webhook "x": connection refused', Cause.CONTROLLER_GONE, "ome-controller-manager"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "message", "cause", "word"), ANSWERED)
def test_a_service_that_the_api_server_does_not_take_lacks_its_cause_or_its_cure(
    status: int, message: str, cause: Cause, word: str
) -> None:
    found = not_made(KubeError(status, "x", message), "the InferenceService a", namespace="ns")
    assert found.cause is cause and word in found.cure
    assert found.message.startswith("could not make the InferenceService a: ") and found.evidence
    assert found.retry == (cause is Cause.QUOTA and "exceeded" in message)
