"""Whether a runtime says that it can serve a model, as OME compares them: format, framework, architecture,
quantization, size."""

from __future__ import annotations

import re

from autotuner_core.deploy.ome.fields import Object, items, part, text

_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([KMBT])\s*$", re.IGNORECASE)
_UNITS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def mismatch(model: Object, runtime: Object) -> str:
    """What of the runtime does not fit the model, in words; empty where it fits."""
    spec, formats = part(model, "spec"), items(runtime, "spec", "supportedModelFormats")
    if not formats:
        return "it names no supportedModelFormats"
    reasons = [_difference(spec, one) for one in formats]
    if all(reasons):
        return min(reasons, key=len) if len(reasons) == 1 else "; ".join(dict.fromkeys(reasons))
    return _size_difference(spec, part(runtime, "spec", "modelSizeRange"))


def _difference(spec: Object, supported: Object) -> str:
    for what, theirs, ours in (
        ("format", _named(supported, "modelFormat") or text(supported, "name"), _named(spec, "modelFormat")),
        ("framework", _named(supported, "modelFramework"), _named(spec, "modelFramework")),
        ("architecture", text(supported, "modelArchitecture"), text(spec, "modelArchitecture")),
        ("quantization", text(supported, "quantization"), text(spec, "quantization")),
    ):
        if theirs and ours and theirs.lower() != ours.lower():
            return f"the model's {what} is {ours}, the runtime's {theirs}"
        if what == "quantization" and bool(theirs) != bool(ours):
            return f"the model's quantization is {ours or 'none'}, the runtime's {theirs or 'none'}"
    return _version_difference(spec, supported)


def _named(body: Object, key: str) -> str:
    return text(body, key, "name")


def _version_difference(spec: Object, supported: Object) -> str:
    """Versions are compared only where the runtime wants them equal, which is the default."""
    for key, what in (("modelFormat", "format"), ("modelFramework", "framework")):
        theirs, ours = text(supported, key, "version"), text(spec, key, "version")
        equal = text(supported, key, "operator") in ("", "Equal")
        if equal and theirs and ours and theirs != ours:
            return f"the model's {what} version is {ours}, the runtime's {theirs}"
    return ""


def parameters_of(size: str) -> float | None:
    """How many parameters `1.24B` are; None where it says nothing."""
    found = _SIZE.match(size)
    return float(found.group(1)) * _UNITS[found.group(2).upper()] if found else None


def _size_difference(spec: Object, allowed: Object) -> str:
    size = text(spec, "modelParameterSize")
    ours, least, most = parameters_of(size), text(allowed, "min"), text(allowed, "max")
    smallest, largest = parameters_of(least), parameters_of(most)
    if ours is None or smallest is None or largest is None or smallest <= ours <= largest:
        return ""
    return f"the model has {size} parameters, the runtime takes {least} to {most}"
