"""What an engine uses and tells of itself, from the last lines of files that grow by a line a second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotuner_core.json_value import json_value

TAIL_BYTES = 4096


@dataclass(frozen=True)
class Usage:
    """`cpu`: cores, 1.0 is one all the time; `memory` and `gpu_memory` in bytes. None where it is not known."""

    cpu: float | None = None
    memory: int | None = None
    gpu_memory: int | None = None


@dataclass(frozen=True)
class Gauges:
    """What the engine tells of now: requests that wait in it, the share of its KV cache that is taken (0 to 1)."""

    waiting: float | None = None
    kv_cache: float | None = None


def last_gauges(path: Path, level: int) -> Gauges | None:
    """The last line of an engine_metrics.jsonl; None where it is not of this level. Raises OSError."""
    record = last_record(path)
    if record is None or record.get("level") != level:
        return None
    return Gauges(_figure(record, "requests_waiting"), _figure(record, "kv_cache_usage"))


def last_usage(path: Path) -> Usage | None:
    """The last line of a usage.jsonl; None where there is none yet. Raises OSError."""
    record = last_record(path)
    if record is None:
        return None
    return Usage(_figure(record, "cpu"), _bytes(record, "rss"), _bytes(record, "gpu_memory"))


def _figure(record: dict[str, Any], name: str) -> float | None:
    value = record.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _bytes(record: dict[str, Any], name: str) -> int | None:
    value = record.get(name)
    return value if isinstance(value, int) else None


def last_record(path: Path) -> dict[str, Any] | None:
    """The last whole JSON object of a file of lines; None where there is none. Raises OSError."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - TAIL_BYTES))
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        try:
            record = json_value(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            return record
    return None
