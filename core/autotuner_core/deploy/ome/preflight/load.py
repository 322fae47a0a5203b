"""Whether a load from inside the cluster can be made: the BenchmarkJob, its pod's room, the claim for its results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autotuner_core.benchmark.job import names
from autotuner_core.benchmark.job.manifest import render_benchmark_job
from autotuner_core.deploy.ome.fields import text
from autotuner_core.deploy.ome.preflight.claim import claim
from autotuner_core.deploy.ome.preflight.look import RUN_ID, Look
from autotuner_core.deploy.ome.preflight.place import schema_of
from autotuner_core.deploy.ome.preflight.schema import unknown_fields
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.shortage import shortage
from autotuner_core.kube import kinds
from autotuner_core.task.problem import Problem, note, warning


def load(look: Look) -> Iterator[Problem]:
    """All of it; nothing where the load comes from this machine."""
    if look.direct:
        return
    yield from _model_that_cannot_be_loaded(look)
    yield from _fields(look)
    yield from _room(look)
    yield from claim(look)
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


def load_pod(look: Look) -> dict[str, Any]:
    """The pod that OME will make of a BenchmarkJob, as far as scheduler and limits are concerned."""
    wish = look.task.benchmark.resources
    asked = {kind: {**names.OME_AMOUNTS, **dict(wish.get(kind) or {})} for kind in ("requests", "limits")}
    part = look.task.kubernetes
    return {
        "metadata": {"name": "load-generator"},
        "spec": {
            "nodeSelector": dict(part.node_selector),
            "tolerations": [*part.tolerations, {"key": "nvidia.com/gpu", "operator": "Exists"}],
            "containers": [{"name": names.CONTAINER, "resources": asked}],
        },
    }


def _room(look: Look) -> Iterator[Problem]:
    """Whether a node could hold the load generator's pod."""
    found = shortage(load_pod(look), look.nodes, look.pods)
    if found.never and not look.adds_nodes:
        message = f"no node can hold the load generator's pod: {'; '.join(found.words)}"
        cure = "Set benchmark.resources (requests and limits) to what a node has, or run with --direct."
        yield Problem(("benchmark", "resources"), message, cure, code="load_does_not_fit")
    elif found.words:
        message = f"no node takes the load generator's pod now: {'; '.join(found.words)}"
        cure = "It is waited for for a moment only: lower benchmark.resources, or free what is missing."
        yield warning(("benchmark", "resources"), message, cure, "no_room_for_load")
