"""The priority class that a task names, and others must have made."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.deploy.ome.fields import name_of
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.kube import kinds
from autotuner_core.task.problem import Problem


def priority(look: Look) -> Iterator[Problem]:
    """Whether the priority class exists: pods that name another are refused."""
    name = look.task.kubernetes.priority_class
    if name is None or look.client.get(kinds.PRIORITY_CLASS, name) is not None:
        return
    there = sorted(name_of(one) for one in look.client.list(kinds.PRIORITY_CLASS)[0])
    message = f"the priority class {name} does not exist"
    yield Problem(("kubernetes", "priority_class"), message, f"There is {', '.join(there)}.", code="priority_unknown")
