"""Names that end in files, objects and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autotuner_core.task.model import Task
from autotuner_core.task.names import label_fault, service_fault, subdomain_fault, suggestion
from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem, warning

_SYSTEM = ("kube-system", "kube-public", "kube-node-lease", "ome")


def check(task: Task) -> Iterator[Problem]:
    """The task's own name everywhere; the cluster's names where the task goes to a cluster."""
    yield from named(task.task_name, ("task_name",), service_fault)
    if task.backend != "ome":
        return
    # Not a subdomain: OME makes a volume of this name, which may have no dots.
    yield from named(task.model.name, ("model", "name"), label_fault)
    if task.model.namespace is not None:
        yield from named(task.model.namespace, ("model", "namespace"), label_fault)
    if task.model.namespace in _SYSTEM:
        yield warning(
            ("model", "namespace"),
            f"{task.model.namespace} belongs to the system",
            "give the runs a namespace of their own, for example autotuner",
            "system_namespace",
        )
    if task.base_runtime is not None:
        yield from named(task.base_runtime, ("base_runtime",), subdomain_fault, dots=True)


def named(name: str, place: Place, fault: Callable[[str], str], *, dots: bool = False) -> Iterator[Problem]:
    """The problem of a name that Kubernetes would refuse, with a right one that is near."""
    wrong = fault(name)
    if wrong:
        better = suggestion(name, dots=dots)
        yield Problem(place, wrong, f'for example "{better}"' if better and not fault(better) else "", code="name")
