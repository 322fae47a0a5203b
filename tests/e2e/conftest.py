"""Runs of the whole program, as a user starts them: real processes, the real load generator, a stand-in engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from autotuner_core.run.events import Event
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from waiting import wait_for

STAND_IN = Path(__file__).resolve().parents[1] / "misbehaving.py"
RUN_SECONDS = 240


class Tuner:
    """The command line in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        places = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("STATE", "CONFIG")}
        self.environment = {**os.environ, **places, "PYTHONFAULTHANDLER": "1"}
        self.environment.pop("CI", None)

    def write_task(self, **changes: Any) -> Path:
        """A task of two configurations, the first of them three times as quick; a few seconds each."""
        task: dict[str, Any] = {
            "task_name": "stand-in",
            "backend": "local",
            "model": {"name": "stand-in"},
            "parameters": {"tpot": {"type": "choice", "values": [0.01, 0.03]}},
            "optimization": {"objective": "maximize_throughput", "timeout_per_iteration": 30},
            "benchmark": {
                "model_name": "tiny",
                "model_tokenizer": str(tokenizer_folder()),
                "traffic_scenarios": ["D(20,20)"],
                "num_concurrency": [2],
                "max_time_per_iteration": 0.5,
                "max_requests_per_iteration": 20,
            },
            "local": {"engine": "command", "command": [sys.executable, str(STAND_IN), "--port", "{port}", "{flags}"]},
        }
        for key, value in changes.items():
            task[key] = {**task.get(key, {}), **value} if isinstance(value, dict) and key != "parameters" else value
        path = self.folder / "task.json"
        path.write_text(json.dumps(task))
        return path

    def words(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "autotuner_tui", *map(str, words)]

    def run(self, *words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Call the command line and wait for its end."""
        given: dict[str, Any] = {"capture_output": True, "stdin": subprocess.DEVNULL, "cwd": self.folder} | options
        return subprocess.run(self.words(*words), env=self.environment, text=True, timeout=RUN_SECONDS, **given)

    @contextmanager
    def start(self, *words: str | Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """Call the command line and leave it running; it is killed at the end where it still is."""
        given: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        } | options
        with subprocess.Popen(self.words(*words), cwd=self.folder, env=self.environment, text=True, **given) as process:
            try:
                yield process
            finally:
                process.kill()

    @property
    def journal(self) -> Path:
        """The journal of the one run in this folder."""
        (journal,) = (self.folder / "results").glob("*/*/journal.jsonl")
        return journal

    def events(self) -> list[Event]:
        found = list((self.folder / "results").glob("*/*/journal.jsonl"))
        return read_journal(found[0]) if found else []

    def state(self) -> RunState:
        return RunState.of(self.events())

    def wait_for_event(self, kind: str, **fields: Any) -> None:
        """Until the journal has an event of this type and these fields."""

        def there() -> bool:
            return any(e.type == kind and all(getattr(e, n) == v for n, v in fields.items()) for e in self.events())

        wait_for(there, RUN_SECONDS, what=f"{kind} {fields}")

    def results(self) -> dict[str, Any]:
        content = json.loads((self.folder / "results" / "stand-in_results.json").read_text())
        assert isinstance(content, dict)
        return content


@pytest.fixture
def tuner(tmp_path: Path) -> Tuner:
    return Tuner(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tuner, subprocess.CompletedProcess[str]]:
    """A run that nobody disturbed, under nohup and with stdin closed, for tests that only look."""
    tuner = Tuner(tmp_path_factory.mktemp("finished"))
    words = ["sh", "-c", 'exec nohup "$@" <&-', "sh", *tuner.words("run", tuner.write_task(), "--no-ui")]
    return tuner, subprocess.run(
        words, cwd=tuner.folder, env=tuner.environment, text=True, timeout=RUN_SECONDS, capture_output=True
    )
