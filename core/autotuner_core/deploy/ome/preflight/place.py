"""The API server, the namespace, and OME's kinds in it."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.deploy.ome.fields import Object, condition, items, part, text
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.deploy.ome.preflight.schema import unknown_fields
from autotuner_core.kube import kinds
from autotuner_core.kube.kinds import Kind
from autotuner_core.task.problem import Problem, note

_INSTALL = "Install OME: ./install.sh --install-ome"


def namespace(look: Look) -> Iterator[Problem]:
    """Whether the namespace is there."""
    body = look.namespace_object
    if body is None:
        message = f"the namespace {look.namespace} does not exist"
        cure = f"kubectl create namespace {look.namespace}"
        if look.client.may("create", kinds.NAMESPACE).allowed:
            yield note(("model", "namespace"), f"{message}: a run makes it", cure, "namespace")
        else:
            yield Problem(("model", "namespace"), message, cure, code="namespace")
    elif text(body, "status", "phase") == "Terminating":
        message = f"the namespace {look.namespace} is being deleted"
        cure = f"Wait until it is gone, and make it again: kubectl get namespace {look.namespace} -w"
        yield Problem(("model", "namespace"), message, cure, code="namespace")


def definitions(look: Look) -> Iterator[Problem]:
    """Whether OME's kinds are there, in the version and with the fields that are sent."""
    needed = [kinds.CLUSTER_BASE_MODEL, kinds.CLUSTER_SERVING_RUNTIME]
    needed += [] if look.direct else [kinds.BENCHMARK_JOB]
    bodies = {kinds.INFERENCE_SERVICE: look.service_crd}
    bodies |= {kind: look.client.get(kinds.CRD, f"{kind.plural}.{kind.group}") for kind in needed}
    for kind, body in bodies.items():
        yield from _definition(kind, body)
    service = look.service_crd
    if service is not None and look.plan.experiments:
        body = look.manifest(look.plan.experiments[0]).body
        unknown = unknown_fields(body, schema_of(service, kinds.INFERENCE_SERVICE))
        if unknown:
            yield Problem(
                (),
                f"OME in this cluster does not know {', '.join(unknown)} of what a run sends",
                "Bring a template without it (--templates), or install a newer OME.",
                code="unknown_field",
            )


def _definition(kind: Kind, body: Object | None) -> Iterator[Problem]:
    name = f"{kind.plural}.{kind.group}"
    if body is None:
        yield Problem((), f"the cluster does not have the kind {kind.name} ({name})", _INSTALL, code="no_ome")
        return
    if condition(body, "Established").get("status") != "True":
        cure = f"kubectl wait --for condition=Established crd/{name}"
        yield Problem((), f"the kind {kind.name} is not established yet", cure, code="no_ome")
    versions = [text(one, "name") for one in items(body, "spec", "versions") if one.get("served")]
    if kind.version not in versions:
        there = ", ".join(versions) or "none"
        message = f"the cluster serves {kind.name} in version {there}, not {kind.version}"
        yield Problem((), message, _INSTALL, code="no_ome")


def schema_of(definition: Object, kind: Kind) -> Object:
    """The schema of a kind in the version that is used; empty where it has none."""
    versions = items(definition, "spec", "versions")
    mine = next((one for one in versions if one.get("name") == kind.version), {})
    return part(mine, "schema", "openAPIV3Schema")
