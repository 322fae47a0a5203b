"""What is looked at to tell how an experiment's InferenceService fares, and what can be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autotuner_core.deploy.ome.fields import Object, created, going, items, name_of, part, text, uid_of
from autotuner_core.deploy.ome.runtime import CONTAINER
from autotuner_core.failures import ExperimentFailure

Logs = Callable[[str, str, bool], str]
"""The last lines of a container's log, by pod, container and whether the previous container's are meant. Empty where
there are none; it must not raise."""


def no_logs(*_asked: object) -> str:
    """For a place where logs may not be read."""
    return ""


@dataclass(frozen=True)
class InGrace:
    """What keeps a service from starting may pass by itself: what it is, since when (seconds since the epoch, the
    cluster's clock), and until when it is waited for (None: as long as the experiment may wait for its engine)."""

    message: str
    since: float
    until: float | None
    evidence: tuple[str, ...] = ()


Verdict = ExperimentFailure | InGrace | None
"""None: nothing is wrong so far."""


@dataclass(frozen=True)
class ServiceView:
    """Plain objects as the API gives them. Objects of other services are left aside, but `pods` and `deployment` are
    taken to be this one's.

    `service` is None when it is gone. `nodes` and `cluster_pods` (the pods of all namespaces) are None where they may
    not be read. `autoscaler` says that nodes may be added by themselves. `now` is the cluster's clock, in seconds since
    the epoch. `serving` is the uid of the pod that was ready and is being measured, empty before; `restarts`
    how often its container had restarted by then.
    """

    service: Object | None
    deployment: Object | None
    pods: Sequence[Object]
    events: Sequence[Object]
    nodes: Sequence[Object] | None
    now: float
    name: str
    cluster_pods: Sequence[Object] | None = None
    autoscaler: bool = False
    serving: str = ""
    restarts: int = 0
    logs: Logs = no_logs
    created_after: float = 30.0
    """Seconds after which a service of which nothing was created is given up."""
    grace: float = 60.0
    """Seconds for which what may pass by itself is waited for."""

    @property
    def age(self) -> float:
        """Seconds since the service was created."""
        begun = created(self.service)
        return 0.0 if begun is None else self.now - begun

    @property
    def live_pods(self) -> list[Object]:
        """Pods that nobody deletes, newest last."""
        return sorted((pod for pod in self.pods if not going(pod)), key=lambda pod: created(pod) or 0.0)

    def in_grace(
        self, message: str, since: float | None, evidence: Sequence[str] = (), *, endless: bool = False
    ) -> InGrace:
        """Something that may pass by itself, from `since` on (None: from now on)."""
        begun = self.now if since is None else since
        return InGrace(message, begun, None if endless else begun + self.grace, tuple(evidence))


def engine_status(pod: Object) -> Object:
    """The status of the engine's container; where OME's name is not there, of the first one."""
    listed = items(pod, "status", "containerStatuses")
    named = [one for one in listed if one.get("name") == CONTAINER]
    return next(iter(named or listed), {})


def engine_container(pod: Object) -> Object:
    """The engine's container as the pod asks for it."""
    listed = items(pod, "spec", "containers")
    named = [one for one in listed if one.get("name") == CONTAINER]
    return next(iter(named or listed), {})


def init_statuses(pod: Object) -> list[Object]:
    """The states of the containers that run before the engine's."""
    return items(pod, "status", "initContainerStatuses")


def waiting(status: Object) -> tuple[str, str]:
    """Why a container waits: reason and message, empty where it does not."""
    state = part(status, "state", "waiting")
    return text(state, "reason"), text(state, "message")


__all__ = [
    "InGrace", "Logs", "ServiceView", "Verdict", "engine_container", "engine_status", "init_statuses", "name_of",
    "no_logs", "uid_of", "waiting",
]  # fmt: skip
