"""Secrets written into the task file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autotuner_core.task.model import Task
from autotuner_core.task.problem import Problem, warning
from autotuner_core.task.redact import secret_places


def check(task: Task, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """A literal secret is a warning: the run's folder gets `***` in its place, but the task file keeps it. As a setting
    to vary it is an error: the values of parameters stand in every record, or the results would mean nothing."""
    for place in secret_places(raw):
        if place[0] == "parameters":
            message = "looks like a secret: the values of parameters are recorded with every result"
            yield Problem(place, message, "give it to the engine by its environment", code="secret")
            continue
        if place[0] == "kubernetes":
            cure = "put it into a Kubernetes secret and name it in kubernetes.env_from_secrets"
        else:
            cure = "export it in the shell that starts the run; the engine inherits it"
            if task.backend == "ome":
                cure = "put it into a Kubernetes secret and name it in kubernetes.env_from_secrets"
        yield warning(place, "looks like a secret, written into the task file", cure, "secret")
