"""The names and fixed words of a BenchmarkJob and what belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autotuner_core.deploy.ome.fields import Object, name_of, text
from autotuner_core.deploy.ome.names import EXPERIMENT_LABEL
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.task.names import LONGEST_OBJECT, object_name

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

CONTAINER = "genai-bench"
"""OME's name for the container wherever there is a podOverride."""
POD_LABEL = "benchmark"
"""The only label that OME gives the pods and the batch Job of a BenchmarkJob; its value is the BenchmarkJob's name."""
DEFAULT_IMAGE = "ghcr.io/sgl-project/genai-bench:0.1.132"
"""OME's own default is not published."""
OME_AMOUNTS = {"cpu": "2", "memory": "2Gi"}
"""What OME asks for a load generator whose BenchmarkJob does not say it (podConfig of its ConfigMap)."""
LAUNCHER_FOLDER = "/opt/autotuner"
LAUNCHER_FILE = "sitecustomize.py"
"""Python imports a module of this name before it runs a program."""
POD_VARIABLE = "AUTOTUNER_POD"
"""Tells the launcher that it is in a pod, and its settings."""
COMMAND_PORT = 47113
"""Where the launcher takes commands, on the pod's own 127.0.0.1."""


def job_name(where: RunInCluster, experiment: int, attempt: int) -> str:
    """The BenchmarkJob of an attempt, `{task_name}-{run}-exp{n}b{attempt}`: of no InferenceService's children, which
    are named after it with a hyphen behind."""
    return f"{object_name(where.task.task_name, where.run_id, experiment)}b{attempt}"


def attempt_of(where: RunInCluster, job: Object) -> tuple[int, int] | None:
    """Experiment and attempt that a BenchmarkJob of this run loads; None where it is none of its."""
    experiment, attempt = text(job, "metadata", "labels", EXPERIMENT_LABEL), name_of(job).rpartition("b")[2]
    if not (where.owns(job) and experiment.isdecimal() and attempt.isdecimal()):
        return None
    found = int(experiment), int(attempt)
    return found if job_name(where, *found) == name_of(job) else None


def launcher_name(where: RunInCluster) -> str:
    """The ConfigMap that holds the launcher."""
    tail = f"-{where.run_id[-4:]}-launcher"
    return where.task.task_name[: LONGEST_OBJECT - len(tail)].rstrip("-") + tail


def image_of(task: Task) -> str:
    """The image that holds genai-bench."""
    return task.benchmark.image or DEFAULT_IMAGE
