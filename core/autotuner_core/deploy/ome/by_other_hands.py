"""What was taken from a run by other hands: alone, or with the whole namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube.errors import NAMESPACE_CURE, KubeError
from autotuner_core.kube.kinds import NAMESPACE

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

_TAKEN = frozenset({FailureCause.EVICTED, FailureCause.INTERRUPTED})


def or_with_its_namespace(failure: ExperimentFailure, client: KubeClient, namespace: str) -> ExperimentFailure:
    """The failure; of a pod or an object that goes because its namespace does, that: trying again is of no use then,
    and it is no fault of the configuration."""
    if failure.cause not in _TAKEN or not _goes(client, namespace):
        return failure
    return ExperimentFailure(
        FailureCause.NAMESPACE_GONE,
        f"the namespace {namespace} was deleted while the run was in it, and everything of the run with it",
        evidence=(failure.message, *failure.evidence),
        cure=NAMESPACE_CURE,
    )


def _goes(client: KubeClient, namespace: str) -> bool:
    try:
        body = client.patient(seconds=0).get(NAMESPACE, namespace)
    except KubeError:  # it may not be looked at, or nobody answers: then this is not known
        return False
    return body is None or bool(body["metadata"].get("deletionTimestamp"))
