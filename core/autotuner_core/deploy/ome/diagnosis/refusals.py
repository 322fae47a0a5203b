"""What OME and Kubernetes say when they refuse an object: the cause behind the words, and its cure.

With OME's webhooks on, the API says it when the InferenceService is created; with them off, an Event says it later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause
from autotuner_core.kube.errors import KubeError, as_failure, evidence_of


@dataclass(frozen=True)
class Refusal:
    """`retry` is False where the same would only happen again."""

    cause: Cause
    pattern: re.Pattern[str]
    cure: str
    retry: bool = False


def _refusal(cause: Cause, pattern: str, cure: str, *, retry: bool = False) -> Refusal:
    return Refusal(cause, re.compile(pattern, re.IGNORECASE), cure, retry)


_ADMISSION = Cause.ADMISSION_DENIED
_LIMITED = Cause.QUOTA

# Ordered: the first that matches decides.
REFUSALS: tuple[Refusal, ...] = (
    # ---- quota
    _refusal(
        _LIMITED, r"exceeded quota",
        "Free what others hold in the namespace, or raise the quota: kubectl describe resourcequota -n NAMESPACE.",
        retry=True,
    ),
    _refusal(
        _LIMITED, r"failed quota: .*must specify (?P<what>.+)",
        "The namespace's quota wants every pod to say this: set it under kubernetes.resources in the task.",
    ),
    _refusal(
        _LIMITED, r"(?:maximum|minimum) \S+ usage per (?:Container|Pod)",
        "A LimitRange of the namespace forbids it (kubectl describe limitrange -n NAMESPACE): change "
        "kubernetes.resources in the task, or the LimitRange.",
    ),
    _refusal(
        _LIMITED, r"(?:maximum|minimum) storage usage per PersistentVolumeClaim",
        "A LimitRange of the namespace forbids it (kubectl describe limitrange -n NAMESPACE): change "
        "kubernetes.pvc.size in the task, or the LimitRange.",
    ),
    # ---- model and runtime
    _refusal(
        Cause.MODEL_UNAVAILABLE, r"(?:referenced )?(?:base )?model \S+ not found|basemodel\S* \S+ not found",
        "List what there is (kubectl get clusterbasemodels; kubectl get basemodels -n NAMESPACE) and correct "
        "model.name in the task.",
    ),
    _refusal(
        Cause.MODEL_UNAVAILABLE, r"model \S+ is disabled",
        "Enable it (spec.disabled: false in the ClusterBaseModel or BaseModel), or name another in model.name.",
    ),
    _refusal(
        _ADMISSION, r"runtime \S+ not found|servingruntime\S* \S+ not found",
        "List what there is (kubectl get clusterservingruntimes; kubectl get servingruntimes -n NAMESPACE) and correct "
        "base_runtime in the task.",
    ),
    _refusal(
        _ADMISSION, r"runtime \S+ is disabled",
        "Enable it (spec.disabled: false in the runtime), or name another in base_runtime.",
    ),
    _refusal(
        _ADMISSION, r"no (?:supporting )?runtime found",
        "Name a runtime in base_runtime whose supportedModelFormats has the model's format and architecture.",
    ),
    _refusal(
        _ADMISSION, r"runtime \S+ does not support model|not in supported formats|no supported formats|size range",
        "Compare the runtime's supportedModelFormats and modelSizeRange with the model's format, architecture and "
        "size (kubectl get clusterservingruntime RUNTIME -o yaml), or name another in base_runtime.",
    ),
    # ---- the pod
    _refusal(
        _ADMISSION, r"violates PodSecurity",
        "The namespace enforces a Pod Security Standard that the runtime's pod does not meet: use another namespace, "
        "or change the runtime's securityContext.",
    ),
    _refusal(
        _ADMISSION, r"no PriorityClass with name", "Correct kubernetes.priority_class (kubectl get priorityclasses)."
    ),
    _refusal(
        _ADMISSION, r"serviceaccount \S+ not found|error looking up service account",
        "Make the service account, or correct kubernetes.service_account (kubectl get serviceaccounts -n NAMESPACE).",
    ),
    _refusal(
        _ADMISSION, r"ValidatingAdmissionPolicy",
        "A policy of the cluster forbids it: kubectl get validatingadmissionpolicies.",
    ),
    # ---- OME
    _refusal(
        _ADMISSION, r"invalid InferenceService name", "Choose a task_name that begins with a letter."
    ),
    _refusal(
        _ADMISSION, r"engine component is required|unknown field|strict decoding error|deploymentmode",
        "The template does not make what this OME accepts: compare it with the one that comes with the tuner "
        "(plan --manifests shows what is sent).",
    ),
    _refusal(
        _ADMISSION, r"AcceleratorClass", "Correct the accelerator class that the runtime or the template names."
    ),
    _refusal(
        _ADMISSION, r"failed calling webhook",
        "A webhook that has a say in this does not answer: kubectl get pods -n ome, and look at its log.",
        retry=True,
    ),
)  # fmt: skip

_UNKNOWN = "The cluster's administrator knows why; `kubectl describe` of the object shows the rest."


def refused(message: str, what: str, evidence: Sequence[str] = (), *, namespace: str = "") -> ExperimentFailure:
    """The failure behind a refusal in the words of OME or Kubernetes. `what` says what was refused."""
    plain = " ".join(message.split())
    for rule in REFUSALS:
        if rule.pattern.search(plain):
            retry = rule.retry and not _never_allowed(plain)
            cure = rule.cure.replace("NAMESPACE", namespace) if namespace else rule.cure
            return ExperimentFailure(
                rule.cause, f"{what}: {_without_prefix(plain)}", evidence=evidence or (plain,), cure=cure, retry=retry
            )
    return ExperimentFailure(
        _ADMISSION, f"{what}: {_without_prefix(plain)}", evidence=evidence or (plain,), cure=_UNKNOWN, retry=False
    )


def not_made(error: KubeError, what: str, *, namespace: str) -> ExperimentFailure:
    """The failure behind an object that the API server did not take; `what` names it, as "the InferenceService x"."""
    if not error.refuses_object:
        return as_failure(error, f"make {what}")
    return refused(error.message, f"could not make {what}", evidence_of(error), namespace=namespace)


def _without_prefix(message: str) -> str:
    """Without the webhook's or the pod's name in front, which says nothing to a person."""
    message = re.sub(r"^.*?denied the request: ", "", message)
    return re.sub(r'^(?:Error creating: )?pods "[^"]*" is forbidden: ', "", message)


_AMOUNT = re.compile(r"([\w./-]+)=(\d+)(?=[,\s]|$)")


def _never_allowed(message: str) -> bool:
    """Whether the quota is smaller than what a single pod asks for, so that waiting cannot help."""
    asked = dict(_AMOUNT.findall(message.partition("requested:")[2].partition("used:")[0]))
    limits = dict(_AMOUNT.findall(message.partition("limited:")[2]))
    return any(int(amount) > int(limits[name]) for name, amount in asked.items() if name in limits)
