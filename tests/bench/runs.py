"""Runs of the whole program for the measuring programs: a stand-in engine that answers at a set speed keeps the
machine's engine out of the figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.command import child_environment
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState

STAND_IN = Path(__file__).resolve().parents[1] / "misbehaving.py"
PYTHON = sys.executable


def stand_in_task(name: str, ttfts: Sequence[float], tokenizer: Path, **changes: Mapping[str, Any]) -> dict[str, Any]:
    """A task whose engine is the stand-in server: one configuration for each time to first token (seconds)."""
    task: dict[str, Any] = {
        "task_name": name,
        "backend": "local",
        "model": {"name": "stand-in"},
        "parameters": {"ttft": {"type": "choice", "values": list(ttfts)}},
        "optimization": {"objective": "minimize_latency", "timeout_per_iteration": 60},
        "benchmark": {
            "model_name": "tiny",
            "model_tokenizer": str(tokenizer),
            "traffic_scenarios": ["D(20,60)"],
            "num_concurrency": [1, 4],
            "max_time_per_iteration": 1,
            "max_requests_per_iteration": 40,
        },
        "local": {"engine": "command", "command": [PYTHON, str(STAND_IN), "--port", "{port}", "{flags}"]},
    }
    for section, keys in changes.items():
        task[section] = {**task.get(section, {}), **keys}
    return task


def run_task(task: Mapping[str, Any], folder: Path) -> tuple[RunFolder, RunState]:
    """Run a task from start to end without a screen, in a folder of its own; raises where it found no winner."""
    path = folder / "task.json"
    path.write_text(json.dumps(task))
    command = [PYTHON, "-m", "autotuner_tui", "run", str(path), "--no-ui", "--results-dir", str(folder / "results")]
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    runs = list((folder / "results" / str(task["task_name"])).glob("*/journal.jsonl"))
    if not runs:
        raise RuntimeError(f"no run was begun (exit code {done.returncode}): {done.stderr}")
    return RunFolder(runs[-1].parent), RunState.of(read_journal(runs[-1]))


def plain_command(
    url: str, model: str, tokenizer: Path, folder: Path, *, scenario: str, concurrency: Sequence[int], requests: int
) -> list[str]:
    """The plain genai-bench command line for levels of a second at most; its results go to `folder`/plain."""
    return [
        PYTHON, "-m", "genai_bench.cli.cli", "benchmark", "--api-backend", "vllm", "--api-base", url,
        "--api-key", "none", "--api-model-name", model, "--model-tokenizer", str(tokenizer),
        "--task", "text-to-text", "--max-time-per-run", "1", "--max-requests-per-run", str(requests),
        "--traffic-scenario", scenario, *(word for n in concurrency for word in ("--num-concurrency", str(n))),
        "--experiment-base-dir", str(folder), "--experiment-folder-name", "plain", "--log-dir", str(folder / "logs"),
    ]  # fmt: skip


def run_plainly(command: Sequence[str], folder: Path) -> float:
    """Run the plain command line to its end; the seconds that its levels took. Raises CalledProcessError."""
    environment = child_environment(os.environ, tokenizer_is_local=True)
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    levels = [json.loads(path.read_text()) for path in (folder / "plain").glob("D*_time_*.json")]
    return sum(float(level["aggregated_metrics"]["run_duration"]) for level in levels)
