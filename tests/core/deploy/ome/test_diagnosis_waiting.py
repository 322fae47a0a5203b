"""A container that waits for what does not come is told at once; what may pass by itself, after a grace."""

from __future__ import annotations

import pytest

from autotuner_core.deploy.ome.diagnosis import diagnose, not_ready_in_time
from autotuner_core.failures import FailureCause as Cause
from recorded_service import BEGAN, event
from shown_service import POD, deployment, failure, grace, pod, view, waits

WAITING = [
    ("InvalidImageName", "couldn't parse image name", Cause.IMAGE_PULL, "name and tag"),
    ("ErrImageNeverPull", "is not present with pull policy of Never", Cause.IMAGE_PULL, "Never"),
    ("ImagePullBackOff", "Back-off pulling image \"a\": ErrImagePull: 401 Unauthorized", Cause.IMAGE_PULL, "secret"),
    ("CreateContainerConfigError", 'secret "hf" not found', Cause.ADMISSION_DENIED, "env_from_secrets"),
    ("RunContainerError", 'exec: "sglang": executable file not found in $PATH', Cause.ENDPOINT_UNREACHABLE, "command"),
    ("CreateContainerError", 'failed to stat "/mnt/models/llama": no such file', Cause.MODEL_UNAVAILABLE, "model"),
    ("RunContainerError", "nvidia-container-cli: initialization error", Cause.ENDPOINT_UNREACHABLE, "node-1"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "message", "cause", "cure"), WAITING)
def test_a_container_that_cannot_start_is_waited_for(reason: str, message: str, cause: Cause, cure: str) -> None:
    found = failure(view(pod(waits(reason, message))))
    assert found.cause is cause
    assert cure in found.cure


def test_a_runtime_that_is_slow_for_a_moment_is_taken_for_a_failure() -> None:
    slow = pod(waits("CreateContainerError", "context deadline exceeded"))
    assert grace(view(slow)).until == BEGAN + 61
    assert failure(view(slow, at=62)).cause is Cause.ENDPOINT_UNREACHABLE


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ('MountVolume.SetUp failed for volume "model": hostPath type check failed: /mnt is not a directory',
         Cause.MODEL_UNAVAILABLE),
        ('MountVolume.SetUp failed for volume "x": secret "certs" not found', Cause.ADMISSION_DENIED),
    ],
)  # fmt: skip
def test_a_volume_that_cannot_be_mounted_is_waited_for(message: str, cause: Cause) -> None:
    told = [event("Warning", "FailedMount", f"Pod/{POD}", message, 2, uid="uid-pod")]
    assert failure(view(pod(waits("ContainerCreating")), events=told)).cause is cause


def test_a_claim_that_is_still_attached_elsewhere_is_a_failure_at_once() -> None:
    told = [event("Warning", "FailedAttachVolume", f"Pod/{POD}", "Multi-Attach error for volume", 2, uid="uid-pod")]
    creating = pod(waits("ContainerCreating"))
    assert "Multi-Attach" in grace(view(creating, events=told)).message
    assert failure(view(creating, events=told, at=63)).cause is Cause.MODEL_UNAVAILABLE


def test_a_large_image_that_is_still_pulled_when_the_time_is_up_is_held_against_the_configuration() -> None:
    creating = pod(waits("ContainerCreating"))
    pulling = [event("Normal", "Pulling", f"Pod/{POD}", 'Pulling image "x"', 2, uid="uid-pod")]
    assert not_ready_in_time(view(creating, events=pulling, at=600), 600).cause is Cause.IMAGE_PULL
    assert not_ready_in_time(view(creating, at=600), 600).cause is Cause.ENDPOINT_UNREACHABLE
    assert not_ready_in_time(view(pod({"running": {}}), at=600), 600, "HTTP 503").cause is Cause.NOT_READY_IN_TIME
    assert not_ready_in_time(view(at=20), 20).cause is Cause.UNSCHEDULABLE


def test_a_model_that_loads_for_longer_than_the_deployments_deadline_is_given_up() -> None:
    late = deployment(Progressing=("False", "ProgressDeadlineExceeded", "has timed out progressing"))
    assert diagnose(view(pod({"running": {}}), deployment=late, at=700)) is None
    assert failure(view(pod(waits("ContainerCreating")), deployment=late)).cause is Cause.ENDPOINT_UNREACHABLE
