"""A BenchmarkJob made, and OME brought to look at it."""

from __future__ import annotations

from autotuner_core.benchmark.job.manifest import JobManifest
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.deploy.ome.adoption import is_there
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import BENCHMARK_JOB

NOT_FOUND = 404


def create_job(parts: JobParts, manifest: JobManifest) -> None:
    """Raises KubeError; not where it is there already, since the answer to its making was lost."""
    client, namespace = parts.client, parts.where.namespace
    try:
        client.create(BENCHMARK_JOB, manifest.body, namespace)
    except KubeError as error:
        if not (error.is_conflict and is_there(client, BENCHMARK_JOB, manifest.body, namespace)):
            raise


def nudge_job(parts: JobParts, name: str, word: str) -> None:
    """Change it by a word, so that OME looks again. Raises ExperimentFailure."""
    about = {"metadata": {"annotations": {"autotuner.io/look-again": word}}}
    try:
        parts.client.patch(BENCHMARK_JOB, name, about, parts.where.namespace)
    except KubeError as error:
        if error.status != NOT_FOUND and not error.is_conflict:
            raise as_failure(error, f"have OME look at the BenchmarkJob {name}") from error
