"""The figures of a level once more, from the raw lines of samples.jsonl alone: slow, plain, and without a line of the
product's code. What both say must agree."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any


def recompute_file(samples: Path, level: int) -> dict[str, float]:
    """The figures of one level in a samples.jsonl."""
    records = [json.loads(line) for line in samples.read_text().splitlines() if line.strip()]
    mine = [record for record in records if record["level"] == level]
    begun = max(i for i, record in enumerate(mine) if record["kind"] == "level")
    mine = mine[begun:]
    requests = [record for record in mine if record["kind"] == "request"]
    (end,) = (record["mono"] for record in mine if record["kind"] == "level_end")
    return recompute(requests, mine[0]["concurrency"], end)


def recompute(requests: list[dict[str, Any]], concurrency: int, level_end: float) -> dict[str, float]:
    """The figures of one level from its request records; empty where the concurrency was never held."""
    window = _window(requests, concurrency, level_end)
    if window is None:
        return {}
    begin, end = window
    seconds = end - begin
    done = [r for r in requests if r["error"] is None and r["end"] is not None and r["out"] > 0]
    inside = [r for r in done if begin < r["end"] <= end]
    figures = {
        "window_seconds": seconds,
        "num_requests": len(inside),
        "output_throughput": _tokens(requests, done, begin, end) / seconds,
        "input_throughput": sum(r["in"] for r in inside) / seconds,
        "request_throughput": len(inside) / seconds,
        "concurrency": _held(requests, begin, end, level_end) / seconds,
    }
    figures["total_throughput"] = figures["output_throughput"] + figures["input_throughput"]
    figures.update(_spread("ttft", [r["first"] - r["start"] for r in inside]))
    figures.update(_spread("e2e_latency", [r["end"] - r["start"] for r in inside]))
    figures.update(_spread("output_latency", [r["end"] - r["first"] for r in inside]))
    figures.update(_spread("tpot", [(r["end"] - r["first"]) / (r["out"] - 1) for r in inside if r["out"] > 1]))
    gaps = [r["chunks"][i + 1] - r["chunks"][i] for r in inside for i in range(len(r["chunks"]) - 1)]
    figures.update(_spread("itl", gaps))
    return figures


def _over(request: dict[str, Any], level_end: float) -> float:
    if request["end"] is not None:
        return float(request["end"])
    return max([level_end, *request["chunks"]])


def _under_way(requests: list[dict[str, Any]], moment: float, level_end: float) -> int:
    return sum(1 for r in requests if r["start"] <= moment < _over(r, level_end))


def _window(requests: list[dict[str, Any]], concurrency: int, level_end: float) -> tuple[float, float] | None:
    starts = sorted(r["start"] for r in requests)
    begin = None
    for least in (concurrency, math.ceil(0.95 * concurrency)):
        for moment in starts:
            if begin is None and _under_way(requests, moment, level_end) >= least:
                begin = moment
    if begin is None:
        return None
    # Give every start but the first C of them to the earliest end that has none yet.
    ends = sorted(r["end"] for r in requests if r["end"] is not None)
    followers = len(starts) - concurrency
    without = [end for position, end in enumerate(ends) if position >= followers]
    cut = [_over(r, level_end) for r in requests if r["end"] is None]
    end = without[0] if without else max(cut, default=level_end)
    return (begin, end) if end > begin else None


def _tokens(requests: list[dict[str, Any]], done: list[dict[str, Any]], begin: float, end: float) -> float:
    with_chunks = [r for r in done if r["chunks"]]
    pieces = sum(len(r["chunks"]) for r in with_chunks)
    usual = sum(r["out"] for r in with_chunks) / pieces if pieces else 1.0
    total = 0.0
    for r in requests:
        if r["error"] is not None:
            continue
        for chunk in r["chunks"]:
            if begin < chunk <= end:
                if r["end"] is None:
                    total += usual
                elif r["out"] > 0:
                    total += r["out"] / len(r["chunks"])
        if r["end"] is not None and not r["chunks"] and begin < r["end"] <= end:
            total += r["out"]
    return total


def _held(requests: list[dict[str, Any]], begin: float, end: float, level_end: float) -> float:
    return sum(max(0.0, min(_over(r, level_end), end) - max(r["start"], begin)) for r in requests)


def _spread(name: str, values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    mean = sum(values) / len(values)
    figures = {
        f"{name}.mean": mean,
        f"{name}.stddev": (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5,
        f"{name}.min": min(values),
        f"{name}.max": max(values),
    }
    for percent in (25, 50, 75, 90, 95, 99):
        figures[f"{name}.p{percent}"] = _percentile(values, percent)
    return figures


def _percentile(values: list[float], percent: float) -> float:
    """By counting: the value below which a share of the others lies, straight between its neighbours."""
    ordered = sorted(values)
    for i in range(len(ordered) - 1):
        low, high = 100 * i / (len(ordered) - 1), 100 * (i + 1) / (len(ordered) - 1)
        if low <= percent <= high:
            weight = (percent - low) / (high - low)
            return ordered[i] * (1 - weight) + ordered[i + 1] * weight
    return ordered[-1]
