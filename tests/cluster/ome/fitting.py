"""Whether a runtime declares that it can serve a model, and how the real controller says that it does not."""

from __future__ import annotations

import re
from typing import Any

Object = dict[str, Any]

_UNITS = {"": 1, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def unfit(runtime: Object, model: Object) -> str:
    """Why it does not, in the real one's words (which name the model by its format); nothing where it does."""
    name, spec = runtime["metadata"]["name"], model["spec"]
    form = (spec.get("modelFormat") or {}).get("name", "")
    about = f"runtime {name} does not support model {form}: "
    supported = runtime["spec"].get("supportedModelFormats") or ()
    reasons = [_differs(entry, spec) for entry in supported] or ["no supported formats defined"]
    if all(reasons):
        return f"{about}model format '{signature(model)}' not in supported formats: {'; '.join(reasons)}"
    size, limits = _size(spec.get("modelParameterSize")), runtime["spec"].get("modelSizeRange") or {}
    least, most = _size(limits.get("min")), _size(limits.get("max"))
    if size is not None and ((least is not None and size < least) or (most is not None and size > most)):
        return f"{about}model size {size:f} is outside supported range [{least or 0:f}, {most or 0:f}]"
    return ""


def signature(model: Object) -> str:
    """A model's format in one word: `mt:safetensors:1.0.0:LlamaForCausalLM:transformers:4.45.0`."""
    spec = model["spec"]
    form, frame = spec.get("modelFormat") or {}, spec.get("modelFramework") or {}
    words = (form.get("name"), form.get("version"), spec.get("modelArchitecture"), frame.get("name"))
    return ":".join(["mt", *(word for word in (*words, frame.get("version")) if word)])


def priority(runtime: Object) -> int | None:
    """Of a runtime that may be chosen by itself; None where it may only be named."""
    chosen = [e for e in runtime["spec"].get("supportedModelFormats") or () if e.get("autoSelect")]
    return max((entry.get("priority") or 0 for entry in chosen), default=None)


def _differs(entry: Object, spec: Object) -> str:
    form, theirs = spec.get("modelFormat") or {}, entry.get("modelFormat") or {"name": entry.get("name")}
    frame, asked = spec.get("modelFramework") or {}, entry.get("modelFramework") or {}
    pairs = {
        "format": (form.get("name"), theirs.get("name")),
        "format version": (form.get("version"), theirs.get("version")),
        "architecture": (spec.get("modelArchitecture"), entry.get("modelArchitecture")),
        "framework": (frame.get("name"), asked.get("name")),
        "framework version": (frame.get("version"), asked.get("version")),
    }
    differing = ((what, *pair) for what, pair in pairs.items() if all(pair) and pair[0] != pair[1])
    return next((f"{what} mismatch (model={have}, runtime={want})" for what, have, want in differing), "")


def _size(text: str | None) -> float | None:
    found = re.fullmatch(r"([0-9.]+)\s*([KMBT]?)", text or "")
    return float(found[1]) * _UNITS[found[2]] if found else None
