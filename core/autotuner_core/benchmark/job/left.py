"""BenchmarkJobs that an earlier host of this run left, for attempts that go on."""

from __future__ import annotations

from pathlib import Path

from autotuner_core.benchmark.job.manifest import manifest_of
from autotuner_core.benchmark.job.names import attempt_of
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.pod import JobPod
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.fields import going


def left_pods(parts: JobParts) -> dict[Path, JobPod]:
    """Those that are there, by their attempts' folders, once the watches have begun."""
    found: dict[Path, JobPod] = {}
    for body in parts.watching.jobs():
        if (owner := attempt_of(parts.where, body)) is not None and not going(body):
            folder = parts.folder.attempt(*owner)
            order = DeployOrder(*owner, {}, folder)
            found[folder] = JobPod(parts, order, manifest_of(body), is_left=True)
    return found
