"""A BenchmarkJob made, and OME brought to look at it."""

from __future__ import annotations

from autotuner_core.benchmark.job.manifest import JobManifest
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.deploy.ome.adoption import same
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import BENCHMARK_JOB

NOT_FOUND, CONFLICT = 404, 409


def create_job(parts: JobParts, manifest: JobManifest) -> None:
    """Raises KubeError; not where it is there already, since the answer to its making was lost."""
    client, namespace = parts.client, parts.where.namespace
    try:
        client.create(BENCHMARK_JOB, manifest.body, namespace)
    except KubeError as error:
        found = client.get(BENCHMARK_JOB, manifest.name, namespace) if error.status == CONFLICT else None
        if found is None or not same(manifest.body, found):
            raise


def nudge_job(parts: JobParts, name: str, word: str) -> None:
    """Change it by a word, so that OME looks again. Raises ExperimentFailure."""
    about = {"metadata": {"annotations": {"autotuner.io/look-again": word}}}
    try:
        parts.client.patch(BENCHMARK_JOB, name, about, parts.where.namespace)
    except KubeError as error:
        if error.status not in (NOT_FOUND, CONFLICT):
            raise as_failure(error, f"have OME look at the BenchmarkJob {name}") from error
