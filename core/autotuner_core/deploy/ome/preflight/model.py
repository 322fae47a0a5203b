"""Whether model and runtime are there, in use, and made for each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from autotuner_core.deploy.ome.fields import Object, name_of, part, text
from autotuner_core.deploy.ome.preflight.fit import mismatch
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.deploy.ome.preflight.place import schema_of
from autotuner_core.deploy.ome.preflight.room import model_label
from autotuner_core.findings import Severity
from autotuner_core.kube import kinds
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import Kind
from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem, note, warning

SHOWN = 8


def model(look: Look) -> Iterator[Problem]:
    """Whether the model exists, is in use, and has arrived."""
    place: Place = ("model", "name")
    body = look.model
    if body is None:
        yield _absent(look, place, "model", look.task.model.name, (kinds.BASE_MODEL, kinds.CLUSTER_BASE_MODEL))
        return
    kind = (text(body, "kind") or "clusterbasemodel").lower()
    if part(body, "spec").get("disabled") is True:
        cure = f'kubectl patch {kind} {name_of(body)} --type merge -p \'{{"spec":{{"disabled":false}}}}\''
        yield Problem(place, f"the model {name_of(body)} is disabled", cure, code="model_disabled")
    state = text(body, "status", "state")
    if state and state != "Ready":
        message = f"the model {name_of(body)} is {state}, not Ready: its files may not be on the nodes"
        yield warning(place, message, f"kubectl describe {kind} {name_of(body)}", "model_not_ready")
    yield from _on_nodes(look, place)


def _on_nodes(look: Look, place: Place) -> Iterator[Problem]:
    """On which nodes its files are; that they are on none is told by who looks for room for the engines."""
    wanted = model_label(look)
    nodes = sorted(name_of(one) for one in look.nodes if wanted.items() <= part(one, "metadata", "labels").items())
    if wanted and nodes:
        more = f" and {len(nodes) - SHOWN} more" if len(nodes) > SHOWN else ""
        which = f"{', '.join(nodes[:SHOWN])}{more}"
        yield note(place, f"the model's files are on {len(nodes)} of {len(look.nodes)} nodes: {which}", code="model_on")


def runtime(look: Look) -> Iterator[Problem]:
    """Whether the runtime exists, is in use, and is made for the model."""
    place: Place = ("base_runtime",)
    name = look.task.base_runtime
    if not name:
        return
    body = look.runtime
    if body is None:
        yield _absent(look, place, "runtime", name, (kinds.SERVING_RUNTIME, kinds.CLUSTER_SERVING_RUNTIME))
        return
    kind = (text(body, "kind") or "clusterservingruntime").lower()
    if part(body, "spec").get("disabled") is True:
        cure = f'kubectl patch {kind} {name} --type merge -p \'{{"spec":{{"disabled":false}}}}\''
        yield Problem(place, f"the runtime {name} is disabled", cure, code="runtime_disabled")
    if look.model is not None and (why := mismatch(look.model, body)):
        yield Problem(
            place,
            f"the runtime {name} is not made for the model {look.task.model.name}: {why}; "
            "OME 0.1 makes no engine of such a pair, later ones try",
            f"Correct supportedModelFormats or modelSizeRange (kubectl edit {kind} {name}), or name another runtime.",
            Severity.ERROR if _is_strict(look) else Severity.WARNING,
            "runtime_mismatch",
        )


def _is_strict(look: Look) -> bool:
    """Whether this OME makes no engine of a runtime that does not fit: as long as it has the dead `spec.predictor`."""
    try:
        definition = look.service_crd
    except KubeError:
        return False
    schema = schema_of(definition or {}, kinds.INFERENCE_SERVICE)
    return "predictor" in part(schema, "properties", "spec", "properties")


def _absent(look: Look, place: Place, what: str, name: str, where: tuple[Kind, Kind]) -> Problem:
    own, clusters = where
    there = sorted({*_names(look, own, look.namespace), *_names(look, clusters, None)})
    near = difflib.get_close_matches(name, there, n=1)
    listed = f"There is {', '.join(there[:SHOWN])}{' ...' if len(there) > SHOWN else ''}." if there else ""
    ask = f"kubectl get {clusters.plural}; kubectl get {own.plural} -n {look.namespace}"
    if not there:
        listed = f"There is none yet: `{ask}`; examples/ome has one to begin with."
    message = f"the {what} {name} exists neither in the namespace {look.namespace} nor in the cluster"
    return Problem(place, message, f"Did you mean {near[0]}?" if near else listed, code=f"{what}_unknown")


def _names(look: Look, kind: Kind, namespace: str | None) -> list[str]:
    try:
        found: list[Object] = list(look.client.list(kind, namespace)[0])
    except KubeError:
        return []  # a hint less
    return [name_of(one) for one in found]
