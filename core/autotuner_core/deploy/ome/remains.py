"""What runs left in a cluster, found by their labels: of this machine's runs and of any other's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.fields import created, items, name_of, text, uid_of
from autotuner_core.deploy.ome.lease_job import Pulse, pulse
from autotuner_core.deploy.ome.names import MANAGER, RUN_LABEL, TASK_LABEL, selector
from autotuner_core.deploy.ome.run_in_cluster import LEASE_TAIL, TOKEN_LABEL
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import BENCHMARK_JOB, CONFIG_MAP, INFERENCE_SERVICE, JOB, POD, PVC, Kind
from autotuner_core.task.names import MANAGER_LABEL

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

KINDS = (INFERENCE_SERVICE, BENCHMARK_JOB, CONFIG_MAP, POD, PVC, JOB)
"""In the order of their removal: a run's lease goes last, so that what is still there goes by it."""

_NAMES = {
    INFERENCE_SERVICE: r"exp\d+",
    BENCHMARK_JOB: r"exp\d+.*",
    CONFIG_MAP: r".+",
    POD: r"exp\d+r\d+",
    PVC: r"\d+",
    JOB: LEASE_TAIL,
}
"""What follows a run's id in the names of its objects. A claim of the task's own name is no remain, whoever made it:
the results are on it."""


@dataclass(frozen=True)
class Remain:
    """An object that a run made. `lease` is the pulse of the lease that it hangs on (or is), None where that is gone;
    `token` marks the run among others that drew the same id (empty where no lease tells it); `made` is in seconds since
    the epoch."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    run_id: str
    made: float | None
    token: str = ""
    lease: Pulse | None = None


@dataclass(frozen=True)
class Found:
    """`where` says in words which namespaces were looked at, `refused` what may not be looked at there."""

    remains: tuple[Remain, ...]
    where: str
    refused: tuple[str, ...] = ()


def find_remains(client: KubeClient, namespace: str | None, others: Iterable[str], run_id: str | None = None) -> Found:
    """The objects of runs (or of one) in `namespace`; without one in all, or, where these may not be listed, in the
    context's own and the `others`. Raises KubeError where the cluster does not answer, or not to this user."""
    some = sorted({*others, *filter(None, [client.namespace])})
    listing = {kind: _list(client, kind, namespace, some, run_id) for kind in KINDS}
    leases = listing[JOB]
    now = client.server_now()
    remains = [
        _remain(kind, body, leases, now)
        for kind, listed in listing.items()
        for body in listed.bodies
        if is_ours(kind, body)
    ]
    refused = [f"{kind.plural} in {one}" for kind, listed in listing.items() for one in listed.refused]
    where = f"the namespace {namespace}" if namespace else "all namespaces"
    if namespace is None and any(not listed.everywhere for listed in listing.values()):
        where = f"{', '.join(some) or 'no namespace'}; this user may not list all of them"
    return Found(tuple(remains), where, tuple(refused))


def still(client: KubeClient, remain: Remain) -> Remain | None:
    """The object as the cluster has it now, with its run's pulse; None where it is gone. Raises KubeError."""
    body = _body(client, remain)
    if body is None:
        return None
    leases = _list(client, JOB, remain.namespace, (), remain.run_id)
    return _remain(remain.kind, body, leases, client.server_now())


def is_gone(client: KubeClient, remain: Remain) -> bool:
    """Whether the cluster does not have it any more. Raises KubeError."""
    return _body(client, remain) is None


def _body(client: KubeClient, remain: Remain) -> Mapping[str, Any] | None:
    body = client.get(remain.kind, remain.name, remain.namespace)
    return body if body is not None and uid_of(body) == remain.uid else None


def is_ours(kind: Kind, body: Mapping[str, Any]) -> bool:
    """Whether a run of this tool made the object. Labels alone are not enough: children inherit them, and anybody may
    put them on."""
    labels = body.get("metadata", {}).get("labels") or {}
    run_id = str(labels.get(RUN_LABEL) or "")
    if labels.get(MANAGER_LABEL) != MANAGER or not re.fullmatch(r"[a-z0-9]+", run_id):
        return False
    if any(owner.get("controller") for owner in items(body, "metadata", "ownerReferences")):
        return False
    return re.fullmatch(rf".*-{run_id[-4:]}-{_NAMES[kind]}", name_of(body)) is not None


@dataclass(frozen=True)
class _Listed:
    """Objects of a kind. `everywhere`: all that was asked for was answered at once; `refused`: the namespaces that may
    not be looked into."""

    bodies: tuple[Mapping[str, Any], ...]
    everywhere: bool = True
    namespaces: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def _list(client: KubeClient, kind: Kind, namespace: str | None, some: Iterable[str], run_id: str | None) -> _Listed:
    whole = _listed(client, kind, namespace, run_id)
    if whole is not None:
        return _Listed(tuple(whole))
    if namespace is not None:
        return _Listed((), False, refused=(namespace,))
    parts = {one: _listed(client, kind, one, run_id) for one in some}
    return _Listed(
        tuple(body for part in parts.values() for body in part or ()),
        False,
        tuple(one for one, part in parts.items() if part is not None),
        tuple(one for one, part in parts.items() if part is None),
    )


def _listed(client: KubeClient, kind: Kind, namespace: str | None, run_id: str | None) -> list[dict[str, Any]] | None:
    """None where they may not be listed; empty also where the cluster does not know the kind."""
    try:
        return client.list(kind, namespace, labels=selector(run_id))[0]
    except KubeError as error:
        if error.status == 404:
            return []
        if error.status == 403:
            return None
        raise


def _remain(kind: Kind, body: Mapping[str, Any], leases: _Listed, now: float) -> Remain:
    namespace = text(body, "metadata", "namespace")
    lease = next((job for job in leases.bodies if _is_lease_of(job, body)), None)
    may_tell = leases.everywhere or namespace in leases.namespaces
    return Remain(
        kind,
        namespace,
        name_of(body),
        uid_of(body),
        text(body, "metadata", "labels", RUN_LABEL),
        created(body),
        text(lease, "metadata", "labels", TOKEN_LABEL),
        pulse(lease, now) if lease is not None else None if may_tell else Pulse(None, True),
    )


def _is_lease_of(job: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Of what has no owner (a claim outlives the lease), its run's."""
    owners = [str(owner.get("uid")) for owner in items(body, "metadata", "ownerReferences")]
    if owners or uid_of(job) == uid_of(body):
        return uid_of(job) in (uid_of(body), *owners)
    same = (("metadata", "namespace"), ("metadata", "labels", RUN_LABEL), ("metadata", "labels", TASK_LABEL))
    return all(text(job, *path) == text(body, *path) for path in same)
