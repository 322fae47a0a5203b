"""The Events of a service: those about its own objects, harmless ones left out, as lines to show.

Events carry no labels of ours, so those of the namespace come here. They stay for an hour: of an object of the same
name that is gone they are told apart by the uid, and where no object is known (a ReplicaSet without a pod) by name and
time.
"""

from __future__ import annotations

from collections.abc import Iterable

from autotuner_core.deploy.ome.diagnosis.view import ServiceView
from autotuner_core.deploy.ome.fields import Object, created, items, seconds, text, uid_of

SHOWN = 4
LONGEST = 600

# Seen of healthy services too, on OME 0.1.3 or 1.2.2: conflicts of controllers, autoscalers without metrics, advice.
HARMLESS = frozenset(
    {
        "InternalError", "UpdateFailed", "StatusUpdateFailed", "RuntimeCompatibilityAdvisory",
        "FailedGetResourceMetric", "FailedComputeMetricsReplicas", "FailedGetScale", "FailedUpdateStatus",
        "FailedToUpdateEndpoint", "FailedToUpdateEndpointSlices", "FailedToCreateEndpoint", "NoPods",
        "DNSConfigForming", "InvalidDiskCapacity", "PolicyViolation",
    }
)  # fmt: skip


def own_events(view: ServiceView) -> list[Object]:
    """The events about the objects of this service, the oldest first."""
    uids = {uid_of(body) for body in (view.service, view.deployment, *view.pods)}
    uids |= {text(owner, "uid") for pod in view.pods for owner in items(pod, "metadata", "ownerReferences")}
    uids.discard("")
    begun = created(view.service)
    own = [event for event in view.events if _is_own(event, uids, view.name, begun)]
    return sorted(own, key=last_seen)


def _is_own(event: Object, uids: set[str], name: str, begun: float | None) -> bool:
    uid = text(event, "involvedObject", "uid")
    if uid in uids:
        return True
    kind, about = text(event, "involvedObject", "kind"), text(event, "involvedObject", "name")
    if kind not in ("ReplicaSet", "Deployment", "InferenceService") or not begun:
        return False
    if kind == "ReplicaSet":
        return about.startswith(f"{name}-engine-") and last_seen(event) >= begun
    return not uid and about in (name, f"{name}-engine") and last_seen(event) >= begun


def last_seen(event: Object) -> float:
    """When an event was last seen, in seconds since the epoch; 0 where it does not say."""
    stamps = (
        text(event, "series", "lastObservedTime"), text(event, "lastTimestamp"), text(event, "eventTime"),
        text(event, "firstTimestamp"), text(event, "metadata", "creationTimestamp"),
    )  # fmt: skip
    return next((moment for stamp in stamps if stamp and (moment := seconds(stamp)) is not None), 0.0)


def first_seen(event: Object) -> float | None:
    """When an event was first seen, in seconds since the epoch."""
    stamps = (text(event, "firstTimestamp"), text(event, "eventTime"), text(event, "metadata", "creationTimestamp"))
    return next((moment for stamp in stamps if stamp and (moment := seconds(stamp)) is not None), None)


def warnings(events: Iterable[Object]) -> list[Object]:
    """Those that may tell of a cause."""
    return [one for one in events if text(one, "type") == "Warning" and text(one, "reason") not in HARMLESS]


def event_line(event: Object) -> str:
    """An event as a line to show."""
    count = event.get("count") or part_count(event)
    times = f" (x{count})" if isinstance(count, int) and count > 1 else ""
    about = f"{text(event, 'involvedObject', 'kind')}/{text(event, 'involvedObject', 'name')}"
    message = " ".join(text(event, "message").split())
    return f"event {text(event, 'reason')} on {about}{times}: {message}"[:LONGEST]


def part_count(event: Object) -> object:
    """How often a series of events was seen."""
    series = event.get("series")
    return series.get("count") if isinstance(series, dict) else None


def event_lines(events: Iterable[Object], *reasons: str) -> list[str]:
    """The newest warnings as lines, of these reasons or of any."""
    told = [one for one in warnings(events) if not reasons or text(one, "reason") in reasons]
    return [event_line(one) for one in told][-SHOWN:]
