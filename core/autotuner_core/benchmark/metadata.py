"""experiment_metadata.json of an attempt: genai-bench writes it anew for every level, so that only the last is in it.
Joined, the folder is one that genai-bench's own `excel` and `plot` can read whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.level_files import METADATA

_LISTS = ("traffic_scenario", "num_concurrency")


def read_metadata(folder: Path) -> Mapping[str, Any]:
    """What the folder's metadata says; empty where there is none, or none that can be read."""
    try:
        document = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def join_metadata(folder: Path, before: Mapping[str, Any]) -> None:
    """Add to the folder's metadata the scenarios and concurrencies that it had `before` the last level."""
    now = dict(read_metadata(folder))
    if not now or not before:
        return
    for name in _LISTS:
        now[name] = list(dict.fromkeys([*_listed(before.get(name)), *_listed(now.get(name))]))
    part = folder / f"{METADATA}.part"
    part.write_text(json.dumps(now, indent=4), encoding="utf-8")
    os.replace(part, folder / METADATA)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
