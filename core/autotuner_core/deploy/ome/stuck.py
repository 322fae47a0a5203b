"""Why a service cannot be removed, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autotuner_core.deploy.ome.watch import pods
from autotuner_core.failures import ExperimentFailure, FailureCause


def taken_name(name: str) -> ExperimentFailure:
    """Somebody else's service is in the way."""
    return ExperimentFailure(
        FailureCause.ADMISSION_DENIED,
        f"there is an InferenceService {name} that this run has not made",
        cure=f"Remove or rename it (`kubectl get inferenceservice {name} -o yaml` shows whose it is).",
        retry=False,
    )


_OMES = "inferenceservice.finalizers"


def not_let_go(name: str, namespace: str, held_by: Sequence[str], seconds: float) -> ExperimentFailure:
    """A finalizer is not taken away: OME's, by its controller, or another's."""
    free = (
        f'kubectl patch inferenceservice -n {namespace} {name} --type=merge -p \'{{"metadata":{{"finalizers":null}}}}\''
    )
    evidence = [f"the InferenceService {name} waits for its finalizers: {', '.join(held_by)}"]
    after = f"{seconds:.0f} s; its pods are gone, and their GPUs are free"
    if _OMES not in held_by:
        return ExperimentFailure(
            FailureCause.STUCK_DELETION,
            f"{' and '.join(held_by)} has not let go of the InferenceService {name} in {after}",
            evidence=evidence,
            cure="The finalizer's name tells whose it is: see whether that program runs. Where there is none: " + free,
        )
    return ExperimentFailure(
        FailureCause.CONTROLLER_GONE,
        f"OME's controller has not let go of the InferenceService {name} in {after}",
        evidence=evidence,
        cure="Look after it: kubectl get pods -n ome; kubectl logs -n ome deployment/ome-controller-manager. Where it "
        "runs, and the service's runtime or model is gone: " + free,
    )


def stuck(
    name: str,
    service: Mapping[str, Any] | None,
    left: Sequence[Mapping[str, Any]],
    seconds: float,
    kind: str = "InferenceService",
) -> ExperimentFailure:
    """It does not go, and nobody knows why; `left` are its pods."""
    finalizers = ", ".join((service or {}).get("metadata", {}).get("finalizers") or ())
    evidence = [f"the {kind} {name} waits for its finalizers: {finalizers}"] if service is not None else []
    evidence += [f"pod {p['metadata']['name']} on node {pods.node(p) or '?'}: {pods.phase(p)}" for p in left]
    return ExperimentFailure(
        FailureCause.STUCK_DELETION,
        f"the {kind} {name} was removed {seconds:.0f} s ago and is still there",
        evidence=evidence,
        cure="A pod that does not end may be on a node that is gone (kubectl get nodes; kubectl delete pod --force). "
        "Another finalizer than foregroundDeletion waits for its controller: see whether OME's runs.",
    )
