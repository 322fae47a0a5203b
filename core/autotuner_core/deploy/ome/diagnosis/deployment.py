"""A Deployment, or a batch Job, that may not make its pod: a quota, a policy, a name that does not exist."""

from __future__ import annotations

from autotuner_core.deploy.ome.diagnosis.events import event_line, last_seen, own_events
from autotuner_core.deploy.ome.diagnosis.refusals import refused
from autotuner_core.deploy.ome.diagnosis.view import ServiceView, Verdict
from autotuner_core.deploy.ome.fields import condition, seconds, text

# Kubernetes' controllers try again by themselves, and these pass.
_PASSING = ("failed calling webhook", "context deadline exceeded", "timed out", "connection refused", "try again")


def pod_refused(view: ServiceView) -> Verdict:
    """The pod was refused (condition ReplicaFailure of the Deployment, event FailedCreate of its ReplicaSet or of the
    batch Job)."""
    if view.live_pods:
        return None
    failing = condition(view.deployment, "ReplicaFailure")
    events = [one for one in own_events(view) if text(one, "reason") == "FailedCreate"]
    if failing.get("status") == "True":
        message, since = text(failing, "message"), seconds(text(failing, "lastTransitionTime"))
    elif events:
        message, since = text(events[-1], "message"), last_seen(events[0]) or None
    else:
        return None
    told = ("FailedCreate", event_line(events[-1]) if events else message)
    if any(words in message for words in _PASSING):
        grace = view.in_grace(f"the engine's pod cannot be created yet: {message}", since, told)
        if grace.until is not None and view.now < grace.until:
            return grace
    namespace = text(view.service, "metadata", "namespace")
    return refused(message, "the engine's pod was refused", told, namespace=namespace)
