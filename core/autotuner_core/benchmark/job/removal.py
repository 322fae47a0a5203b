"""A BenchmarkJob, removed with its pod."""

from __future__ import annotations

from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.watching import JobSeen
from autotuner_core.deploy.ome.deletion import wait_gone
from autotuner_core.deploy.ome.fields import name_of, uid_of
from autotuner_core.deploy.ome.stuck import stuck
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import BENCHMARK_JOB, POD

LOOK_SECONDS = 0.5
GONE_SECONDS, GRACE_SECONDS = 60.0, 5


def remove_job(parts: JobParts, seen: JobSeen) -> None:
    """Remove it, and wait until the watches see nothing of it any more. Raises ExperimentFailure."""
    client, namespace, name = parts.client, parts.where.namespace, seen.name
    try:
        client.delete(BENCHMARK_JOB, name, namespace)
        if (pod := seen.pod) is not None:
            client.delete(POD, name_of(pod), namespace, uid=uid_of(pod), grace=GRACE_SECONDS)

        def gone() -> bool:
            return seen.body is None and seen.pod is None

        if not wait_gone(gone, parts.control, GONE_SECONDS, poll=LOOK_SECONDS):
            left = [seen.pod] if seen.pod is not None else []
            body = client.get(BENCHMARK_JOB, name, namespace)
            raise stuck(name, body, left, GONE_SECONDS, BENCHMARK_JOB.name)
    except KubeError as error:
        doing = f"remove the BenchmarkJob {name} (it goes by itself when the run's lease has run out)"
        raise as_failure(error, doing) from error
