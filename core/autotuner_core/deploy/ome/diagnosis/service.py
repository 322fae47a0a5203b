"""What OME makes of an InferenceService before there is a pod: refused by an Event, nothing made, taken away."""

from __future__ import annotations

from autotuner_core.deploy.ome.diagnosis.events import event_line, event_lines, own_events
from autotuner_core.deploy.ome.diagnosis.refusals import refused
from autotuner_core.deploy.ome.diagnosis.view import ServiceView, Verdict
from autotuner_core.deploy.ome.fields import Object, condition, controllers_of, created, going, items, part, text
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause

# OME says these on the InferenceService instead of making a Deployment; it says nothing in the status (facts of 0.1.3
# to 1.2.2; RuntimeNotFound from 1.3).
_REFUSING = frozenset(
    {
        "RuntimeValidationError", "RuntimeFetchError", "RuntimeSelectionError", "RuntimeNotFound",
        "ModelReconcileError", "MergeSpecsError", "DeploymentModeError", "AcceleratorClassError",
    }
)  # fmt: skip
_PASSING = (
    "context deadline exceeded",
    "connection refused",
    "etcdserver",
    "timed out",
    "the object has been modified",
)

_HINTS = (
    "OME leaves no event in these cases: a model that does not exist (kubectl get clusterbasemodels), a Deployment "
    "that Kubernetes refuses (a path that runtime and template mount both), a deploymentMode it does not know, "
    "and before 0.1.5 a cluster without KEDA's kind ScaledObject. Its own log tells: "
    "kubectl logs -n ome deployment/ome-controller-manager"
)


def removed(view: ServiceView) -> Verdict:
    """The service is gone, or is being deleted, by other hands than ours."""
    if view.service is not None and not going(view.service):
        return None
    state = "is gone" if view.service is None else "is being deleted"
    return ExperimentFailure(
        Cause.INTERRUPTED,
        f"the InferenceService {view.name} {state}, and this run did not do it",
        evidence=[f"InferenceService {view.name} {state}", *event_lines(own_events(view))],
        cure="Somebody deleted it, or the lease that it hangs on ran out (a tuner that could not reach the cluster).",
    )


def refused_by_ome(view: ServiceView) -> Verdict:
    """An Event in which OME refuses the service. Of a service with a pod it is no cause: it runs."""
    if view.pods or view.service is None:
        return None
    told = [one for one in own_events(view) if _is_refusal(one)]
    if told:
        newest = told[-1]
        return _refused(view, text(newest, "reason"), text(newest, "message"), event_line(newest))
    runtime = condition(view.service, "RuntimeReady")
    if runtime.get("status") == "False" and text(runtime, "reason") in _REFUSING:
        message = text(runtime, "message")
        return _refused(view, text(runtime, "reason"), message, f"condition RuntimeReady: {message}")
    return None


def _is_refusal(event: Object) -> bool:
    return (
        text(event, "involvedObject", "kind") == "InferenceService"
        and text(event, "reason") in _REFUSING
        and not any(words in text(event, "message") for words in _PASSING)
    )


def _refused(view: ServiceView, reason: str, message: str, line: str) -> ExperimentFailure:
    namespace = text(view.service, "metadata", "namespace")
    return refused(message, "OME makes no engine of this service", (reason, line), namespace=namespace)


def nothing_created(view: ServiceView) -> Verdict:
    """No Deployment, or a Deployment without a pod, although the cluster has had the time."""
    if view.service is None or view.pods:
        return None
    if view.deployment is not None:
        return _no_pod(view)
    if view.age < view.created_after:
        return None
    if not items_or_words(view.service):
        return ExperimentFailure(
            Cause.CONTROLLER_GONE,
            f"OME's controller has not touched the InferenceService {view.name} in {view.age:.0f} s",
            evidence=["no finalizer, no status", *event_lines(own_events(view))],
            cure="Look after it: kubectl get pods -n ome; kubectl logs -n ome deployment/ome-controller-manager",
        )
    return ExperimentFailure(
        Cause.ADMISSION_DENIED,
        f"OME made no Deployment out of the InferenceService {view.name} in {view.age:.0f} s, and does not say why",
        evidence=[_status_line(view.service), *event_lines(own_events(view))],
        cure=_HINTS,
    )


def items_or_words(service: Object) -> bool:
    """Whether a controller has left its mark: a finalizer of its own, or a status."""
    return bool(controllers_of(service) or items(service, "status", "conditions"))


def _status_line(service: Object) -> str:
    told = [
        f"{one.get('type')}={one.get('status')} {text(one, 'reason')}".strip()
        for one in items(service, "status", "conditions")
    ]
    return f"conditions: {', '.join(told)}" if told else "the service's status has no condition"


def _no_pod(view: ServiceView) -> Verdict:
    age = view.now - (created(view.deployment) or view.now)
    if age < view.created_after:
        return None
    wanted = part(view.deployment, "spec").get("replicas", 1)
    return ExperimentFailure(
        Cause.UNSCHEDULABLE,
        f"the Deployment {view.name}-engine has made no pod in {age:.0f} s",
        evidence=[f"replicas wanted: {wanted}", *event_lines(own_events(view))],
        cure=f"kubectl describe deployment {view.name}-engine shows what is in its way (a queueing system, an "
        "autoscaler that set it to 0).",
    )
