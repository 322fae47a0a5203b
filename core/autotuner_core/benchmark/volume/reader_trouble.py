"""Why a pod that is to read a claim does not: told by the same judges as an engine's pod."""

from __future__ import annotations

from collections.abc import Sequence

from autotuner_core.deploy.ome.diagnosis.events import event_lines
from autotuner_core.deploy.ome.diagnosis.mounts import not_mounted
from autotuner_core.deploy.ome.diagnosis.scheduling import unschedulable
from autotuner_core.deploy.ome.diagnosis.taken_away import taken_away
from autotuner_core.deploy.ome.diagnosis.view import ServiceView, engine_status, waiting
from autotuner_core.deploy.ome.diagnosis.waiting import cannot_start
from autotuner_core.deploy.ome.fields import Object, condition, name_of, part, text
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause

_JUDGES = (taken_away, cannot_start, not_mounted, unschedulable)
_NOT_OURS = (Cause.MODEL_UNAVAILABLE, Cause.DOES_NOT_FIT, Cause.ENDPOINT_UNREACHABLE, Cause.ADMISSION_DENIED)
"""What these are of an engine, here only keeps results from being read."""


def view_of(pod: Object, events: Sequence[Object], now: float, grace: float) -> ServiceView:
    """What the judges look at; `grace` is for how long what may pass by itself is waited for, in seconds."""
    return ServiceView(
        service=None,
        deployment=None,
        pods=[pod],
        events=events,
        nodes=None,
        now=now,
        name=name_of(pod),
        grace=grace,
    )


def trouble(view: ServiceView, claim: str, folder: str) -> ExperimentFailure | None:
    """A failure as soon as the objects show one; None while nothing is wrong, or may pass by itself."""
    for judge in _JUDGES:
        found = judge(view)
        if isinstance(found, ExperimentFailure):
            cause = Cause.BENCHMARK_FAILED if found.cause in _NOT_OURS else found.cause
            said = found.message.replace("the engine's", "the reader's")
            return unread(claim, folder, said, found.evidence, cure=_cure(view, cause, claim), cause=cause)
    return None


def ended_badly(pod: Object, events: Sequence[Object], claim: str, folder: str, log: str) -> ExperimentFailure:
    """The reader's container ended with an error."""
    how = part(engine_status(pod), "state", "terminated")
    code, reason = how.get("exitCode"), text(how, "reason")
    said = f"the reader's pod ended with exit code {code}" + (f" ({reason})" if reason not in ("", "Error") else "")
    evidence = [" ".join(text(how, "message").split()), *event_lines(events), *log.splitlines()[-5:]]
    cure = "Its image must have python3, version 3.7 or newer: set benchmark.image."
    return unread(claim, folder, said, [line for line in evidence if line], cure=cure)


def too_late(view: ServiceView, claim: str, folder: str, seconds: float) -> ExperimentFailure:
    """It has not ended in its time, and nothing says why."""
    pod = view.pods[0]
    reason, message = waiting(engine_status(pod))
    scheduled = text(condition(pod, "PodScheduled"), "message")
    state = " ".join(word for word in (text(pod, "status", "phase"), reason, message, scheduled) if word)
    evidence = [f"pod {name_of(pod)}: {state}", *event_lines(view.events)]
    cure = f"{_where(view)} shows what it waits for."
    return unread(claim, folder, f"the reader's pod did not end within {seconds:.0f} s", evidence, cure=cure)


def unread(
    claim: str,
    folder: str,
    why: str,
    evidence: Sequence[str] = (),
    *,
    cure: str = "",
    cause: Cause = Cause.BENCHMARK_FAILED,
) -> ExperimentFailure:
    """Results that are on a claim cannot be brought home."""
    message = f"results cannot be read from the claim {claim}: {why}"
    cure = f"{cure} What was written lies on the claim in {folder}.".strip()
    return ExperimentFailure(cause, message, evidence=evidence, cure=cure)


def _cure(view: ServiceView, cause: Cause, claim: str) -> str:
    if cause is Cause.IMAGE_PULL:
        return "Correct benchmark.image, or have the node pull it; for a private one set kubernetes.image_pull_secrets."
    if any("ReadWriteOncePod" in line for line in event_lines(view.events)) or "ReadWriteOncePod" in text(
        condition(view.pods[0], "PodScheduled"), "message"
    ):
        return (
            f"Another pod holds the claim {claim}, which only one at a time may have (ReadWriteOncePod): name one with "
            "ReadWriteOnce in kubernetes.pvc."
        )
    return (
        f"{_where(view)}; kubectl get pvc {claim}; kubectl get volumeattachments. A volume that one node may have at a "
        "time is let go by the node that had it; the claim must not be removed during a run."
    )


def _where(view: ServiceView) -> str:
    pod = view.pods[0]
    return f"kubectl describe pod {name_of(pod)} -n {text(pod, 'metadata', 'namespace')}"
