"""A pod in words: its phase, what it waits for, how often its engine was restarted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autotuner_core.deploy.ome.diagnosis.view import engine_status
from autotuner_core.deploy.ome.fields import condition

Pod = Mapping[str, Any]


def phase(pod: Pod) -> str:
    """Pending, Running, Succeeded, Failed, or Terminating."""
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return str(pod.get("status", {}).get("phase") or "Unknown")


def restarts(pod: Pod) -> int:
    """How often the engine's container was started again."""
    return int(engine_status(pod).get("restartCount") or 0)


def has_started(pod: Pod) -> bool:
    """Whether the engine's container runs or has run: there is a log."""
    status = engine_status(pod)
    state = status.get("state") or {}
    return bool("running" in state or "terminated" in state or (status.get("lastState") or {}).get("terminated"))


def is_ready(pod: Pod) -> bool:
    """Whether it is ready to serve, as its own probes say."""
    return condition(pod, "Ready").get("status") == "True" and not pod["metadata"].get("deletionTimestamp")


def node(pod: Pod) -> str:
    """The node that it was given; empty before."""
    return str(pod.get("spec", {}).get("nodeName") or "")


def image(pod: Pod) -> str:
    """The engine's image by its digest, as the node tells it; empty before."""
    return str(engine_status(pod).get("imageID") or "")


def reason(pod: Pod) -> str:
    """Why it is not running, in the cluster's words (`ImagePullBackOff: Back-off pulling ...`); empty where it is."""
    status = pod.get("status", {})
    state = engine_status(pod).get("state") or {}
    inits = [one.get("state") or {} for one in status.get("initContainerStatuses") or ()]
    for holder in (*inits, state):
        for kind in ("waiting", "terminated"):
            held = holder.get(kind) or {}
            if held.get("reason") not in (None, "Completed", "PodInitializing"):
                return _words(held)
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return _words(scheduled)
    return _words(status)


def _words(holder: Mapping[str, Any]) -> str:
    return ": ".join(str(word) for word in (holder.get("reason"), holder.get("message")) if word)
