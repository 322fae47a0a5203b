"""Whether results can be written to a claim, as the cluster's objects tell: pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autotuner_core.deploy.ome.diagnosis.events import event_line, last_seen
from autotuner_core.deploy.ome.fields import Object, created, going, name_of, part, text
from autotuner_core.failures import ExperimentFailure, FailureCause

GRACE_SECONDS = 30.0
"""For which a volume that cannot be made is waited for: provisioners try again by themselves."""
SHARED = "ReadWriteMany"
WRITABLE = (SHARED, "ReadWriteOnce", "ReadWriteOncePod")
_AFTER_A_POD = ("WaitForFirstConsumer", "WaitForPodScheduled")
_NO_VOLUME = ("ProvisioningFailed", "FailedBinding")
_NO_CLASS = re.compile(r'storageclass(?:\.storage\.k8s\.io)? "([^"]*)" not found', re.IGNORECASE)


def modes(claim: Object) -> tuple[str, ...]:
    """The access modes that a claim asks for."""
    return tuple(part(claim, "spec").get("accessModes") or ())


def is_shared(claim: Object) -> bool:
    """Whether pods on several nodes may write at the same time."""
    return SHARED in modes(claim)


def usable(claim: Object, events: Sequence[Object]) -> bool:
    """Whether a pod may be started with it: it has a volume, or gets one with its first pod."""
    if text(claim, "status", "phase") == "Bound":
        return True
    told = sorted(events, key=last_seen)
    return bool(told) and text(told[-1], "reason") in _AFTER_A_POD


def fault(claim: Object, events: Sequence[Object], now: float) -> ExperimentFailure | None:
    """Why it will not be usable; None as long as it may be. `events` are those about it, `now` the cluster's clock in
    seconds since the epoch."""
    name, namespace = name_of(claim), text(claim, "metadata", "namespace")
    if going(claim):
        return _no(
            f"the claim {name} is being deleted",
            claim,
            f"Wait until it is gone (a pod may still hold it: kubectl describe pvc {name} -n {namespace}), or name "
            "another in kubernetes.pvc.",
        )
    if text(claim, "status", "phase") == "Lost":
        return _no(
            f"the claim {name} has lost its volume, and with it what was on it",
            claim,
            f"kubectl delete pvc {name} -n {namespace}: the run makes a new one; or name another in kubernetes.pvc.",
        )
    if not set(modes(claim)) & set(WRITABLE):
        return _no(
            f"the claim {name} cannot be written to ({', '.join(modes(claim)) or 'no access mode'})",
            claim,
            "Name one in kubernetes.pvc whose access mode is ReadWriteOnce or ReadWriteMany, or that is not there yet.",
        )
    failed = [one for one in events if text(one, "reason") in _NO_VOLUME]
    if not failed or usable(claim, events):
        return None
    return _no_volume(claim, sorted(failed, key=last_seen), now)


def _no_volume(claim: Object, failed: Sequence[Object], now: float) -> ExperimentFailure | None:
    said = " ".join(text(failed[-1], "message").split())
    name, evidence = name_of(claim), [event_line(one) for one in failed[-2:]]
    if unknown := _NO_CLASS.search(said):
        return _no(
            f"the claim {name} asks for the storage class {unknown.group(1)}, which does not exist",
            claim,
            "kubectl get storageclass lists what there is. Correct kubernetes.pvc.storage_class, and remove the claim "
            f"that was made (kubectl delete pvc {name} -n {text(claim, 'metadata', 'namespace')}).",
            evidence,
        )
    if now - (created(claim) or now) < GRACE_SECONDS:
        return None
    return _no(f"the claim {name} gets no volume: {said}", claim, NO_VOLUME_CURE, evidence)


NO_VOLUME_CURE = (
    "Set kubernetes.pvc.storage_class to a class that makes volumes of this size and access mode (kubectl get "
    "storageclass; kubectl describe pvc shows what was tried), or have a volume made for it."
)


def not_bound(claim: Object, events: Sequence[Object], seconds: float) -> ExperimentFailure:
    """It has no volume after `seconds`, and nobody says that it will get none."""
    lines = [event_line(one) for one in sorted(events, key=last_seen)[-3:]]
    name = name_of(claim)
    return _no(f"the claim {name} has no volume after {seconds:.0f} s", claim, NO_VOLUME_CURE, lines, retry=True)


def _no(
    message: str, claim: Object, cure: str, evidence: Sequence[str] = (), *, retry: bool = False
) -> ExperimentFailure:
    wanted = text(claim, "spec", "storageClassName") or "none named"
    state = f"claim {name_of(claim)}: {text(claim, 'status', 'phase') or 'no phase'}, storage class {wanted}, "
    state += ", ".join(modes(claim))
    return ExperimentFailure(
        FailureCause.BENCHMARK_FAILED, message, evidence=(state, *evidence), cure=cure, retry=retry
    )
