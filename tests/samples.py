"""Lines of a samples.jsonl for tests, as a load generator writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Line = dict[str, Any]


def level(index: int, mono: float = 100.0) -> Line:
    """The beginning of a level at `mono`, seconds on the load generator's clock."""
    return {"kind": "level", "level": index, "mono": mono, "wall": 1.7e9, "scenario": "D(100,100)", "concurrency": 2}


def request(index: int, start: float, seconds: float = 0.5, tokens: int = 10, error: int | None = None) -> Line:
    """A request that took so long, its first token after a tenth of that."""
    first, end = start + seconds / 10, start + seconds
    chunks = [] if error else [first + (end - first) * n / (tokens - 1) for n in range(tokens)]
    answer = {"first": None if error else first, "end": end, "chunks": chunks, "out": 0 if error else tokens}
    return {"kind": "request", "level": index, "start": start, "in": 100, "error": error, **answer}


def tick(index: int, mono: float, running: int, worker: int = 0) -> Line:
    """A look of a load generator at itself."""
    return {"kind": "tick", "level": index, "worker": worker, "mono": mono, "running": running, "lag": 0.0, "cpu": 0.1}


def level_end(index: int, mono: float) -> Line:
    """The end of a level."""
    return {"kind": "level_end", "level": index, "mono": mono, "ended_by": "time"}


def append(path: Path, *lines: Line | str) -> None:
    """Write the lines at the end of the file; texts as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for line in lines:
            file.write(line if isinstance(line, str) else json.dumps(line, separators=(",", ":")) + "\n")
