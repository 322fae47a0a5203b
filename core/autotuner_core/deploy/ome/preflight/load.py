"""Whether a load from inside the cluster can be made: the BenchmarkJob, its pod's room, the claim for its results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autotuner_core.benchmark.job import names
from autotuner_core.benchmark.job.manifest import render_benchmark_job
from autotuner_core.benchmark.volume.claim_state import fault, is_shared
from autotuner_core.deploy.ome.fields import Object, name_of, text
from autotuner_core.deploy.ome.preflight.look import RUN_ID, Look
from autotuner_core.deploy.ome.preflight.place import schema_of
from autotuner_core.deploy.ome.preflight.schema import unknown_fields
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.shortage import shortage
from autotuner_core.failures import ExperimentFailure
from autotuner_core.kube import kinds
from autotuner_core.kube.errors import KubeError
from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem, note, warning

OME_AMOUNTS = {"cpu": "2", "memory": "2Gi"}
"""What OME asks for a load generator whose BenchmarkJob does not say it (podConfig of its ConfigMap)."""
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_CLAIM: Place = ("kubernetes", "pvc")


def load(look: Look) -> Iterator[Problem]:
    """All of it; nothing where the load comes from this machine."""
    if look.direct:
        return
    yield from _model_that_cannot_be_loaded(look)
    yield from _fields(look)
    yield from _room(look)
    yield from _claim(look)
    image = names.image_of(look.task)
    yield note(
        ("benchmark", "image"),
        f"the load generator is what the image {image} holds; its version is told by the first pod, and one that the "
        "launcher does not know runs by itself, with less to see",
        code="benchmark_image",
    )


def _model_that_cannot_be_loaded(look: Look) -> Iterator[Problem]:
    storage = text(look.model, "spec", "storage", "storageUri")
    if storage.startswith("pvc:"):
        message = (
            f"the model lies on a claim ({storage}), and OME cannot load such a one by BenchmarkJobs (its issue 778)"
        )
        yield Problem(("model", "name"), message, "Run with --direct.", code="model_on_claim")


def _fields(look: Look) -> Iterator[Problem]:
    """Whether OME's BenchmarkJob has what is sent."""
    definition = look.client.get(kinds.CRD, f"{kinds.BENCHMARK_JOB.plural}.{kinds.BENCHMARK_JOB.group}")
    if definition is None or look.model is None or not look.plan.experiments:
        return
    where = RunInCluster(RUN_ID, RUN_ID, look.task, look.namespace, look.templates, direct=False)
    body = render_benchmark_job(
        where,
        look.plan.experiments[0].id,
        1,
        [level for level in look.plan.levels if not level.warm_up],
        claim=look.task.kubernetes.pvc.name,
        result_folder="exp",
        model=look.model,
        owner=None,
    ).body
    unknown = unknown_fields(body, schema_of(definition, kinds.BENCHMARK_JOB))
    if unknown:
        message = f"OME in this cluster does not know {', '.join(unknown)} of the BenchmarkJobs that a run sends"
        cure = "Bring a template without it (--templates), install a newer OME, or run with --direct."
        yield Problem((), message, cure, code="unknown_field")


def _room(look: Look) -> Iterator[Problem]:
    """Whether a node could hold the load generator's pod."""
    wish = look.task.benchmark.resources
    asked = {kind: {**OME_AMOUNTS, **dict(wish.get(kind) or {})} for kind in ("requests", "limits")}
    part = look.task.kubernetes
    pod: dict[str, Any] = {
        "metadata": {"name": "load-generator"},
        "spec": {
            "nodeSelector": dict(part.node_selector),
            "tolerations": [*part.tolerations, {"key": "nvidia.com/gpu", "operator": "Exists"}],
            "containers": [{"name": names.CONTAINER, "resources": asked}],
        },
    }
    found = shortage(pod, look.nodes, look.pods)
    if found.never and not look.adds_nodes:
        message = f"no node can hold the load generator's pod: {'; '.join(found.words)}"
        cure = "Set benchmark.resources (requests and limits) to what a node has, or run with --direct."
        yield Problem(("benchmark", "resources"), message, cure, code="load_does_not_fit")
    elif found.words:
        message = f"no node takes the load generator's pod now: {'; '.join(found.words)}"
        cure = "It is waited for for a moment only: lower benchmark.resources, or free what is missing."
        yield warning(("benchmark", "resources"), message, cure, "no_room_for_load")


def _claim(look: Look) -> Iterator[Problem]:
    wish = look.task.kubernetes.pvc
    claim = look.client.get(kinds.PVC, wish.name, look.namespace)
    if claim is None:
        yield from _claim_to_be_made(look)
    else:
        failure = fault(claim, _events_of(look, claim), look.client.server_now())
        if failure is not None:
            yield _told(failure)
    shared = is_shared(claim) if claim is not None else wish.access_mode == "ReadWriteMany"
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


def _events_of(look: Look, claim: Object) -> list[Object]:
    try:
        found = look.client.list(kinds.EVENT, look.namespace, fields=f"involvedObject.name={name_of(claim)}")[0]
    except KubeError:  # told less exactly
        return []
    return [one for one in found if text(one, "involvedObject", "kind") == kinds.PVC.name]


def _told(failure: ExperimentFailure) -> Problem:
    said = " ".join(str(line) for line in failure.evidence[1:2])
    return Problem(_CLAIM, f"{failure.message}{f' ({said})' if said else ''}", failure.cure, code="claim")
