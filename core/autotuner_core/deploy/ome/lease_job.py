"""The lease as an object: a batch Job that makes no pod, whose clock Kubernetes itself runs. When its time is over it
is removed, and with it everything that names it as owner, also where nobody of ours is alive any more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autotuner_core.deploy.ome.fields import created, seconds
from autotuner_core.deploy.ome.run_in_cluster import TOKEN_LABEL, RunInCluster

ABOUT = "autotuner.io/about"
LASTS = "autotuner.io/lasts-seconds"
"""For how long the lease outlives a heartbeat: so that others can tell when the last one was."""
_WORDS = (
    "Everything that a run of autotuner-tui made hangs on this Job. It starts no pods. The tuner renews its deadline; "
    "when the tuner is dead, Kubernetes ends it, and all the rest goes with it."
)


def lease_job(where: RunInCluster, lasts: float) -> dict[str, Any]:
    """The Job. The task's own labels are left out: a queueing system's would suspend it, and its clock with it."""
    labels = {**where.labels, TOKEN_LABEL: where.token}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": where.lease_name,
            "namespace": where.namespace,
            "labels": labels,
            "annotations": {ABOUT: _WORDS, LASTS: f"{lasts:g}"},
        },
        "spec": {
            "parallelism": 0,
            "activeDeadlineSeconds": math.ceil(lasts),
            "ttlSecondsAfterFinished": 0,
            "backoffLimit": 0,
            "template": {
                "metadata": {"labels": where.labels},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "lease", "image": "none"}]},
            },
        },
    }


def renewal(job: Mapping[str, Any], now: float, lasts: float) -> dict[str, Any]:
    """The patch with which the lease ends `lasts` seconds from `now` (the API server's, seconds since the epoch)."""
    began = started_at(job)
    assert began is not None, "a lease is renewed once its clock runs"
    return {"spec": {"activeDeadlineSeconds": max(1, math.ceil(now - began + lasts))}}


def started_at(job: Mapping[str, Any]) -> float | None:
    """Since when its clock runs (seconds since the epoch); None before."""
    return seconds(job.get("status", {}).get("startTime"))


def is_over(job: Mapping[str, Any] | None) -> bool:
    """Whether it is gone, or ending: what is made under it goes too."""
    if job is None or job["metadata"].get("deletionTimestamp"):
        return True
    conditions = job.get("status", {}).get("conditions") or ()
    ends = ("Failed", "Complete", "FailureTarget", "SuccessCriteriaMet")
    return any(condition.get("type") in ends and condition.get("status") == "True" for condition in conditions)


def is_suspended(job: Mapping[str, Any]) -> bool:
    """Whether somebody stopped its clock: a queueing system that takes all Jobs in hand."""
    return bool(job.get("spec", {}).get("suspend"))


@dataclass(frozen=True)
class Pulse:
    """How a run stands, as its lease tells: seconds since the last heartbeat (None where that cannot be told), and
    whether it still comes. Heartbeats come every third of the lease's time: a run that has missed one may be cut off
    for a moment, one that has missed two is dead or cannot go on."""

    silent: float | None
    beats: bool


def pulse(job: Mapping[str, Any], now: float) -> Pulse:
    """The pulse at `now`, the API server's time (seconds since the epoch)."""
    lasts = (job["metadata"].get("annotations") or {}).get(LASTS)
    began = started_at(job)
    if is_over(job):
        return Pulse(None, False)
    if lasts is None:
        return Pulse(None, True)
    beat = began + float(job["spec"]["activeDeadlineSeconds"]) - float(lasts) if began is not None else created(job)
    silent = max(0.0, now - (beat or now))
    return Pulse(silent, silent < float(lasts) * 2 / 3)
