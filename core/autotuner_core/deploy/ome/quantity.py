"""Kubernetes quantities: `500m`, `16Gi`, `8`."""

from __future__ import annotations

from typing import Any

_UNITS = {"": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_UNITS |= {f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)}


def quantity(amount: Any) -> float | None:
    """A Kubernetes quantity as a number; None where it is none."""
    text = str(amount).strip()
    digits = len(text.rstrip("nukKMGTPEim"))
    try:
        return float(text[:digits]) * _UNITS[text[digits:]]
    except (ValueError, KeyError):
        return None


def readable(resource: str, amount: float) -> str:
    """An amount of a resource for people: bytes in GiB, CPU with what is behind the point, other things whole."""
    if resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-"):
        return f"{amount / 1024**3:.4g} GiB {resource}"
    return f"{amount:.4g} {resource}"
