"""What a task only names, and others must have made: the priority class, the queue of a queueing system."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.deploy.ome.fields import condition, name_of
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.kube import kinds
from autotuner_core.kube.errors import KubeError
from autotuner_core.task.problem import Problem, note, warning

QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
_VERSIONS = ("v1beta1", "v1beta2")
"""Of Kueue's API; newer ones serve both."""


def priority(look: Look) -> Iterator[Problem]:
    """Whether the priority class exists: pods that name another are refused."""
    name = look.task.kubernetes.priority_class
    if name is None or look.client.get(kinds.PRIORITY_CLASS, name) is not None:
        return
    there = sorted(name_of(one) for one in look.client.list(kinds.PRIORITY_CLASS)[0])
    message = f"the priority class {name} does not exist"
    yield Problem(("kubernetes", "priority_class"), message, f"There is {', '.join(there)}.", code="priority_unknown")


def queue(look: Look) -> Iterator[Problem]:
    """Whether the queue that the task's labels name exists, and takes pods in."""
    name = look.task.kubernetes.labels.get(QUEUE_LABEL)
    if name is None:
        return
    place = ("kubernetes", "labels")
    body = None
    for version in _VERSIONS:
        try:
            body = look.client.get(
                kinds.Kind("kueue.x-k8s.io", version, "localqueues", "LocalQueue"), name, look.namespace
            )
        except KubeError as error:
            if error.status != 404:
                raise
        if body is not None:
            break
    if body is None:
        message = (
            f"the queue {name} ({QUEUE_LABEL}) does not exist in the namespace {look.namespace}, or there is no Kueue"
        )
        cure = f"kubectl get localqueues -n {look.namespace} lists those that there are."
        yield warning(place, message, cure, "queue_unknown")
        return
    active = condition(body, "Active")
    if active.get("status") == "False":
        message = f"the queue {name} takes nothing in: {active.get('message', active.get('reason', ''))}"
        yield warning(place, message, f"kubectl describe localqueue {name} -n {look.namespace}", "queue_inactive")
    else:
        yield note(place, f"engines wait in the queue {name} until it lets them in", code="queue")
