"""A container that waits and will not start: image, secrets, what the node cannot do."""

from __future__ import annotations

import re

from autotuner_core.deploy.ome.diagnosis.events import event_lines, own_events
from autotuner_core.deploy.ome.diagnosis.view import (
    ServiceView,
    Verdict,
    engine_container,
    engine_status,
    init_statuses,
    waiting,
)  # fmt: skip
from autotuner_core.deploy.ome.fields import Object, created, items, name_of, text
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause

_IMAGE = (
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
)
WRONG_NAME = "Correct the image's name and tag in the runtime (or kubernetes.image)."
NO_CREDENTIALS = "The registry wants credentials: make a pull secret and name it in kubernetes.image_pull_secrets."
_IMAGE_CURES = (
    (r"InvalidImageName|invalid reference|couldn't parse", WRONG_NAME),
    (
        r"ErrImageNeverPull|not present with pull policy",
        "imagePullPolicy is Never, and the node does not have the image: load it there, or change the policy.",
    ),
    (r"no space left", "The node's disk is full: free it, or add one."),
    (
        r"no such host|lookup|timeout|refused|TLS|x509|unreachable",
        "The node does not reach the registry: look at its name, DNS, proxy and certificates.",
    ),
    (
        r"unauthorized|authentication required|denied|40[13]",
        NO_CREDENTIALS,
    ),
    (r"not found|manifest unknown", WRONG_NAME),
)
_NOT_RUN = re.compile(
    r"executable file not found|exec: |no such file or directory: unknown|permission denied: unknown|exec format error"
)
_NO_FILES = re.compile(
    r"failed to (?:generate.*?)?stat\w*|hostPath|bind source path does not exist|error mounting", re.IGNORECASE
)
_PASSING = re.compile(r"context deadline exceeded|is reserved for|failed to sync \w+ cache|not registered")


def cannot_start(view: ServiceView) -> Verdict:
    """The first container of the newest pods that waits for what does not come."""
    for pod in reversed(view.live_pods):
        for status in (*init_statuses(pod), engine_status(pod)):
            reason, message = waiting(status)
            if reason and (found := _of(view, pod, status, reason, " ".join(message.split()))):
                return found
    return None


def _of(view: ServiceView, pod: Object, status: Object, reason: str, message: str) -> Verdict:
    if reason in _IMAGE:
        return _image(view, pod, status, reason, message)
    if reason in ("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"):
        if _PASSING.search(message):
            grace = view.in_grace(f"the container cannot be made yet: {message}", created(pod), (reason, message))
            if grace.until is not None and view.now < grace.until:
                return grace
        if reason == "CreateContainerConfigError":
            return _configuration(pod, reason, message)
        return cannot_run(view, pod, reason, message)
    return None


def _image(view: ServiceView, pod: Object, status: Object, reason: str, message: str) -> ExperimentFailure:
    image = text(status, "image") or text(engine_container(pod), "image")
    said = f"{reason} {message}"
    cure = next((cure for pattern, cure in _IMAGE_CURES if re.search(pattern, said, re.IGNORECASE)), "")
    events = event_lines(own_events(view), "Failed", "FailedToRetrieveImagePullSecret", "InspectFailed")
    return ExperimentFailure(
        Cause.IMAGE_PULL,
        f"the image {image} cannot be pulled: {_core(message) or reason}",
        evidence=(f"pod {name_of(pod)}: waiting {reason}", message or reason, *events),
        cure=cure or "kubectl describe pod shows what the registry answered.",
    )


def _core(message: str) -> str:
    """Without the wrapping that repeats the image's name again and again."""
    message = re.sub(r'^Back-off pulling image "[^"]*"(?:: ErrImagePull:)?\s*', "", message)
    parts = re.split(r'failed to resolve reference "[^"]*": |failed to do request: |rpc error: .*? desc = ', message)
    return parts[-1].strip()


def _configuration(pod: Object, reason: str, message: str) -> ExperimentFailure:
    """A Secret or ConfigMap (or a key in it) that is not there, or a user that the image does not have."""
    namespace = text(pod, "metadata", "namespace")
    return ExperimentFailure(
        Cause.ADMISSION_DENIED,
        f"the engine's container cannot be set up: {message or reason}",
        evidence=(f"pod {name_of(pod)}: waiting {reason}", message),
        cure=f"Make what is missing, or correct kubernetes.env_from_secrets or the runtime "
        f"(kubectl get secrets,configmaps -n {namespace}).",
        retry=False,
    )


def cannot_run(view: ServiceView, pod: Object, reason: str, message: str) -> ExperimentFailure:
    """The node could not start the container."""
    evidence = (
        f"pod {name_of(pod)}: {reason}",
        message or reason,
        *event_lines(own_events(view), "Failed", "FailedMount"),
    )
    if _NOT_RUN.search(message):
        return ExperimentFailure(
            Cause.ENDPOINT_UNREACHABLE,
            f"the engine's program cannot be run: {message}",
            evidence=evidence,
            cure="Correct command and image of the runtime (or kubernetes.image).",
            retry=False,
        )
    if _NO_FILES.search(message):
        folders = [path for volume in items(pod, "spec", "volumes") if (path := text(volume, "hostPath", "path"))]
        return ExperimentFailure(
            Cause.MODEL_UNAVAILABLE,
            f"a folder that the engine needs is not on the node: {message}",
            evidence=(*evidence, *(f"hostPath {folder}" for folder in folders)),
            cure="Look for the model's files there (spec.storage.path of the model; OME's model agent brings them).",
        )
    return ExperimentFailure(
        Cause.ENDPOINT_UNREACHABLE,
        f"the node could not start the engine's container: {message or reason}",
        evidence=evidence,
        cure=f"Look at the node {text(pod, 'spec', 'nodeName')} (container runtime, GPU driver and its toolkit).",
    )
