"""Labels and annotations of what serves an InferenceService's engine."""

from __future__ import annotations

from typing import Any

from .names import engine_labels_of, model_of
from .refusals import Parts

Object = dict[str, Any]


def engine_labels(service: Object, parts: Parts) -> dict[str, str]:
    """Of Deployment, Service and pods: the service's own, and what it is made of."""
    about_model = {
        "base-model-name": model_of(service),
        "base-model-size": "SMALL",
        "base-model-type": "Serving",
        "base-model-vendor": ((parts.model or {}).get("spec") or {}).get("vendor", ""),
        "fine-tuned-serving": "false",
    }
    return {
        **(service["metadata"].get("labels") or {}),
        **((service["spec"].get("engine") or {}).get("labels") or {}),
        **engine_labels_of(service),
        **({key: value for key, value in about_model.items() if value} if parts.model else {}),
        "component": "engine",
        "ome.io/inferenceservice": service["metadata"]["name"],
        "serving-runtime": parts.runtime["metadata"]["name"],
    }


def engine_annotations(service: Object, parts: Parts) -> dict[str, str]:
    """Likewise."""
    spec = (parts.model or {"spec": {}})["spec"]
    form = spec.get("modelFormat") or {}
    about_model = {
        "ome.io/base-model-name": model_of(service),
        "ome.io/base-model-format": form.get("name"),
        "ome.io/base-model-format-version": form.get("version"),
        "ome.io/base-model-vendor": spec.get("vendor"),
    }
    return {
        **(service["metadata"].get("annotations") or {}),
        **((service["spec"].get("engine") or {}).get("annotations") or {}),
        **({key: value for key, value in about_model.items() if value} if parts.model else {}),
        "ome.io/serving-runtime": parts.runtime["metadata"]["name"],
    }
