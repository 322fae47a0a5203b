"""A pod whose volumes cannot be mounted: its container stays ContainerCreating, and only Events tell why."""

from __future__ import annotations

import re

from autotuner_core.deploy.ome.diagnosis.events import event_line, first_seen, own_events
from autotuner_core.deploy.ome.diagnosis.view import ServiceView, Verdict, engine_status, waiting
from autotuner_core.deploy.ome.fields import Object, going, text, uid_of
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause

_REASONS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
_NO_FOLDER = re.compile(r"hostPath type check failed|no such file or directory|does not exist")
_NO_OBJECT = re.compile(r'(?:secret|configmap)s? "[^"]+" not found', re.IGNORECASE)


def not_mounted(view: ServiceView) -> Verdict:
    """A volume of the newest pod cannot be mounted. A folder, Secret or ConfigMap that is missing is told at once,
    everything else after the grace."""
    pod = view.live_pods[-1] if view.live_pods else None
    if pod is None or going(pod) or not _creating(pod):
        return None
    uid = uid_of(pod)
    told = [
        one for one in own_events(view) if text(one, "reason") in _REASONS and text(one, "involvedObject", "uid") == uid
    ]
    if not told:
        return None
    newest = told[-1]
    message = " ".join(text(newest, "message").split())
    evidence = (f"the pod's volumes: {text(newest, 'reason')}", *map(event_line, told[-3:]))
    if found := _missing(pod, message, evidence):
        return found
    grace = view.in_grace(f"a volume of the engine's pod is not mounted yet: {message}", first_seen(told[0]), evidence)
    if grace.until is not None and view.now < grace.until:
        return grace
    return ExperimentFailure(
        Cause.MODEL_UNAVAILABLE,
        f"a volume of the engine's pod cannot be mounted: {message}",
        evidence=evidence,
        cure="Look at the claim or the storage behind it (a ReadWriteOnce claim goes to one node at a time).",
    )


def _creating(pod: Object) -> bool:
    status = engine_status(pod)
    return not status or waiting(status)[0] in ("ContainerCreating", "PodInitializing")


def _missing(pod: Object, message: str, evidence: tuple[str, ...]) -> ExperimentFailure | None:
    if _NO_OBJECT.search(message):
        namespace = text(pod, "metadata", "namespace")
        return ExperimentFailure(
            Cause.ADMISSION_DENIED,
            f"the engine's pod needs what does not exist: {message}",
            evidence=evidence,
            cure=f"kubectl get secrets,configmaps -n {namespace}: make it, or correct the runtime.",
            retry=False,
        )
    if _NO_FOLDER.search(message):
        return ExperimentFailure(
            Cause.MODEL_UNAVAILABLE,
            f"a folder that the engine's pod mounts is not on the node {text(pod, 'spec', 'nodeName')}: {message}",
            evidence=evidence,
            cure="The model's files are not there: look at spec.storage.path of the model, and at OME's model agent "
            "(kubectl logs -n ome daemonset/ome-model-agent-daemonset).",
        )
    return None
