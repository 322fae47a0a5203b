"""The part `benchmark` of tasks whose load generator is the stub of stub_genai_bench.py: quick, held, or late."""

from __future__ import annotations

from pathlib import Path
from typing import Any

STUB = Path(__file__).absolute().with_name("stub_genai_bench.py")

LOADS_LATE = """#!/bin/sh
left=4800
while [ ! -e "{until}" ] && [ $left -gt 0 ]; do left=$((left - 1)); sleep 0.05; done
exec "{program}" "$@"
"""
"""In place of an interpreter that takes its seconds to load genai-bench."""


def stub_benchmark(folder: Path, **keys: Any) -> dict[str, Any]:
    """The keys of a task's `benchmark` that make it use the stub. `folder` exists; it is made to look like a
    tokenizer's, which nobody will load."""
    (folder / "tokenizer.json").touch()
    return {
        "genai_bench_python": str(STUB), "model_name": "tiny", "model_tokenizer": str(folder),
        "traffic_scenarios": ["D(10,10)"], "num_concurrency": [1], "max_time_per_iteration": 1,
        "max_requests_per_iteration": 40, **keys,
    }  # fmt: skip


def held_benchmark(folder: Path, until: Path, **keys: Any) -> dict[str, Any]:
    """The same with levels that end when the file `until` is there, and no sooner; asked to end, they do."""
    held = {"stub_until": str(until.absolute())}
    return stub_benchmark(folder, additional_params=held, max_time_per_iteration=10, **keys)


def late_benchmark(folder: Path, until: Path, **keys: Any) -> dict[str, Any]:
    """The same with a load generator that is there when the file `until` is: a run is prepared for no less."""
    late = folder / "late"
    late.write_text(LOADS_LATE.format(until=until.absolute(), program=STUB))
    late.chmod(0o755)
    return stub_benchmark(folder, genai_bench_python=str(late), **keys)
