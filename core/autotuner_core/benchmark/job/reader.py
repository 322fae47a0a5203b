"""What lies on the claim, brought home."""

from __future__ import annotations

from pathlib import Path

from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.pod import JobPod
from autotuner_core.benchmark.job.reports import Pieces
from autotuner_core.control import Scope
from autotuner_core.failures import ExperimentFailure, FailureCause


def bring_results(parts: JobParts, pod: JobPod, files: Path, scope: Scope) -> list[str]:
    """Bring genai-bench's own files of an attempt to the folder `files`; their names. Raises ExperimentFailure."""
    del parts, files, scope
    raise _not_read(pod)


def bring_samples(parts: JobParts, pod: JobPod, pieces: Pieces, scope: Scope) -> None:
    """Bring the rows that `pieces` lack. Raises ExperimentFailure."""
    del parts, pieces, scope
    raise _not_read(pod)


def _not_read(pod: JobPod) -> ExperimentFailure:
    return ExperimentFailure(
        FailureCause.BENCHMARK_FAILED,
        f"results did not come whole through the log of the pod of {pod.manifest.name}",
        evidence=pod.tail(),
        cure=f"They lie on the claim {pod.manifest.claim} under {pod.manifest.folder}.",
    )
