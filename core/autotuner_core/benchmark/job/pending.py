"""Why a BenchmarkJob lies there and has no pod: what is known, for nobody says it."""

from __future__ import annotations

from collections.abc import Sequence

from autotuner_core.benchmark.job.names import POD_LABEL
from autotuner_core.benchmark.job.watching import JobSeen
from autotuner_core.deploy.ome.diagnosis.events import event_lines
from autotuner_core.deploy.ome.fields import Object, part, text
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause


def still_pending(seen: JobSeen, seconds: float, model: Object) -> ExperimentFailure:
    """Nothing runs of a BenchmarkJob after `seconds`, and nobody says why (OME in its own log alone): what is known to
    keep it so is told."""
    cure = "kubectl get pods -n ome shows whether it runs, kubectl logs -n ome deployment/ome-controller-manager tells"
    storage = text(model, "spec", "storage", "storageUri")
    reasons = []
    if storage.startswith("pvc://"):
        reasons.append(f"the model lies on a claim ({storage}), which OME cannot benchmark (its issue 778)")
    if seen.body is not None and not text(seen.body, "status", "state"):
        reasons.append("OME's controller has not touched it")
    if seen.batch_job is not None:
        suspended = part(seen.batch_job, "spec").get("suspend") is True
        reasons.append("its batch Job is suspended" if suspended else "Kubernetes makes none for its batch Job")
        cure = f"kubectl describe job {seen.name} tells (a queueing system suspends it, say)"
    why = "; ".join(reasons) or "OME does not say why, or its controller does not run any more"
    return ExperimentFailure(
        Cause.CONTROLLER_GONE if len(reasons) == 1 and "not touched" in why else Cause.BENCHMARK_FAILED,
        f"the BenchmarkJob {seen.name} has no pod after {seconds:.0f} s: {why}",
        evidence=(f"state {seen.state or 'none'}, {'a' if seen.batch_job else 'no'} batch Job",
                  *event_lines(seen.events)),
        cure=f"{cure}; --direct loads from this machine instead.",
        retry=False,
    )  # fmt: skip


def without_pod(seen: JobSeen, said: Sequence[str]) -> ExperimentFailure:
    """It has ended, and what it did cannot be asked any more. `said` are its last lines, where they are known."""
    return ExperimentFailure(
        Cause.BENCHMARK_FAILED,
        f"the BenchmarkJob {seen.name} has ended ({seen.state}), and its pod is gone",
        evidence=said,
        cure="Somebody removed the pod, or its node is gone.",
    )


def too_late(seen: JobSeen, seconds: float, said: Sequence[str]) -> ExperimentFailure:
    """Its pod has not started within `seconds`. `said` as in `without_pod`."""
    return ExperimentFailure(
        Cause.BENCHMARK_FAILED,
        f"the load generator's pod of {seen.name} did not start within {seconds:g} s",
        evidence=[f"phase {text(seen.pod, 'status', 'phase') or 'unknown'}", *said],
        cure=f"kubectl describe pod -l {POD_LABEL}={seen.name} shows what it waits for.",
    )
