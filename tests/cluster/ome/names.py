"""The names, labels and annotations that tell what belongs to an InferenceService."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

LONGEST = 63  # of a Service, and of a label's value
MISSING = 'Service "{}" not found'


def engine_name(service: Object) -> str:
    """Of the Deployment, the budget and the autoscaler."""
    return f"{service['metadata']['name']}-engine"


def shortened(name: str) -> str:
    """A name as a Service may have it."""
    return name[:LONGEST].rstrip("-")


def engine_labels_of(service: Object) -> dict[str, str]:
    """What selects the engine's pods."""
    return {"app": shortened(engine_name(service))}


def annotation(service: Object, name: str) -> str:
    """Its value, or nothing."""
    return str((service["metadata"].get("annotations") or {}).get(name, ""))


def ingress_is_off(service: Object) -> bool:
    """Whether nothing is to be made that leads traffic in."""
    return annotation(service, "ome.io/ingress-disable-creation") == "true"


def autoscaler_is_external(service: Object) -> bool:
    """Whether somebody else scales the engine."""
    return annotation(service, "ome.io/autoscalerClass") == "external"


def deployment_mode(service: Object) -> str:
    """How it asks to be deployed; an unknown word is as good as none."""
    return str(service["spec"].get("deploymentMode") or annotation(service, "ome.io/deploymentMode"))


def model_of(service: Object) -> str:
    """The name of its model, or nothing."""
    return str((service["spec"].get("model") or {}).get("name", ""))


def runtime_of(service: Object) -> str:
    """The name of its runtime, or nothing."""
    return str((service["spec"].get("runtime") or {}).get("name", ""))
