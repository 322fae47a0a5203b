"""genai-bench's own files: one JSON per level, without times of the single requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.base import Level, LevelRun, RequestRow

METADATA = "experiment_metadata.json"
INVALID_ANSWER = -1
"""The error code of a request that has neither figures nor an error: an answer that is none."""

_FAILED_PREFIX = "debug_for_run_"  # written instead of the level's file where no request had figures


class LevelFileError(Exception):
    """A file is no level file of a genai-bench that is known, in words."""


def find_level_file(folder: Path, level: Level) -> Path | None:
    """The newest file of this scenario and concurrency; the one of a level in which all failed only without another.

    What is no level file (the metadata, a summary, a file still being written) is passed over.
    """
    for pattern in (
        f"*_num_concurrency_{level.concurrency}_time_*s.json",
        f"{_FAILED_PREFIX}*_{level.concurrency}.json",
    ):
        fitting = [path for path in folder.glob(pattern) if _is_of(path, level)]
        if fitting:
            return max(fitting, key=lambda path: path.stat().st_mtime_ns)
    return None


def _is_of(path: Path, level: Level) -> bool:
    try:
        figures = _load(path)["aggregated_metrics"]
        return bool(figures["scenario"] == level.scenario and figures["num_concurrency"] == level.concurrency)
    except (LevelFileError, KeyError, TypeError):
        return False


def read_level_file(path: Path, level: Level, notes: tuple[str, ...] = ()) -> LevelRun:
    """The level that a file holds, as a run without timestamps: `seconds` is the file's run_duration.

    Raises LevelFileError where the file is of another level, of an unknown shape, in another unit than seconds, or
    holds NaN or Infinity.
    """
    document = _load(path)
    try:
        figures = document["aggregated_metrics"]
        rows = tuple(_row(metrics) for metrics in document["individual_request_metrics"])
        seconds = float(figures["run_duration"])
        scenario, concurrency = figures["scenario"], figures["num_concurrency"]
    except (KeyError, TypeError, ValueError) as error:
        raise LevelFileError(f"{path.name} is no level file of a known genai-bench: {error!r}") from error
    if (scenario, concurrency) != (level.scenario, level.concurrency):
        raise LevelFileError(f"{path.name} is of {scenario} at {concurrency}, not of {level.scenario}")
    if document.get("_time_unit", "s") != "s":
        raise LevelFileError(f"{path.name} is in {document['_time_unit']}, not in seconds")
    ended_by = "requests" if len(rows) >= level.max_requests else "time"
    return LevelRun(level, rows, 0.0, max(seconds, 0.0), ended_by, timestamps=False, notes=notes)


def _load(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError) as error:
        raise LevelFileError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise LevelFileError(f"{path.name} is no level file")
    return document


def _refuse(constant: str) -> float:
    raise ValueError(f"it holds {constant}, which is no JSON")


def _row(metrics: Mapping[str, Any]) -> RequestRow:
    """Raises KeyError, TypeError or ValueError where these are no metrics of a request."""
    error, latency = metrics["error_code"], metrics["e2e_latency"]
    if error is None and latency is None:
        return RequestRow(0, 0, error=INVALID_ANSWER, error_message="genai-bench has no figures of this request")
    if error is not None:
        return RequestRow(0, 0, error=int(error), error_message=str(metrics.get("error_message") or ""))
    return RequestRow(
        input_tokens=int(metrics["num_input_tokens"] or 0),
        output_tokens=int(metrics["num_output_tokens"] or 0),
        ttft=_number(metrics["ttft"]),
        tpot=_number(metrics["tpot"]),
        e2e_latency=float(latency),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
