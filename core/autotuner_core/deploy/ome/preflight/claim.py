"""The claim that results of a load from inside the cluster lie on."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.benchmark.volume.claim_state import fault, is_shared
from autotuner_core.deploy.ome.fields import Object, name_of, text
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.failures import ExperimentFailure
from autotuner_core.kube import kinds
from autotuner_core.kube.errors import KubeError
from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem, note, warning

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_CLAIM: Place = ("kubernetes", "pvc")


def claim(look: Look) -> Iterator[Problem]:
    """Whether it can be made, or is there and can be written to by as many as will."""
    wish, there = look.task.kubernetes.pvc, look.claim
    if there is None:
        yield from _claim_to_be_made(look)
    else:
        failure = fault(there, _events_of(look, there), look.client.server_now())
        if failure is not None:
            yield _told(failure)
    shared = is_shared(there) if there is not None else wish.access_mode == "ReadWriteMany"
    more = look.task.optimization.max_parallel - 1
    if more > 0 and not shared:
        message = f"only one node may write to the claim {wish.name}: a run makes {more} more for what runs beside"
        cure = "A claim with the access mode ReadWriteMany (kubernetes.pvc.access_mode) serves all at once."
        yield note(_CLAIM, message, cure, "more_claims")


def _claim_to_be_made(look: Look) -> Iterator[Problem]:
    wish = look.task.kubernetes.pvc
    made = f"the claim {wish.name} does not exist: a run makes it ({wish.size}, {wish.access_mode})"
    if wish.storage_class == "":
        yield note(_CLAIM, f"{made}, for a volume that is there already", code="claim_to_be_made")
        return
    classes = {name_of(one): one for one in look.client.list(kinds.STORAGE_CLASS)[0]}
    there = f"There is {', '.join(sorted(classes))}." if classes else "There is none: have volumes made by hand, and "
    there += "" if classes else 'set kubernetes.pvc.storage_class to "".'
    if wish.storage_class is not None and wish.storage_class not in classes:
        message = f"the storage class {wish.storage_class}, for the claim {wish.name}, does not exist"
        yield Problem((*_CLAIM, "storage_class"), message, there, code="storage_class_unknown")
    elif wish.storage_class is None and not any(_is_default(one) for one in classes.values()):
        message = f"{made}, but no storage class is the cluster's default: it would get no volume"
        yield warning(_CLAIM, message, f"Name one in kubernetes.pvc.storage_class. {there}", "no_default_class")
    else:
        yield note(_CLAIM, made, code="claim_to_be_made")


def _is_default(storage_class: Object) -> bool:
    annotations = storage_class.get("metadata", {}).get("annotations") or {}
    return annotations.get(_DEFAULT_CLASS) == "true"


def _events_of(look: Look, there: Object) -> list[Object]:
    try:
        found = look.client.list(kinds.EVENT, look.namespace, fields=f"involvedObject.name={name_of(there)}")[0]
    except KubeError:  # told less exactly
        return []
    return [one for one in found if text(one, "involvedObject", "kind") == kinds.PVC.name]


def _told(failure: ExperimentFailure) -> Problem:
    said = " ".join(str(line) for line in failure.evidence[1:2])
    return Problem(_CLAIM, f"{failure.message}{f' ({said})' if said else ''}", failure.cure, code="claim")
