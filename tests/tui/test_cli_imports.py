"""What the command line imports: its start is quick because it imports almost nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.run.events import RunEnded
from recorded_run import recorded
from recordings import beginning, scored
from stub_load import stub_benchmark
from tests_environment import alone

CODE = """
import sys
from autotuner_tui.cli.main import main
before = set(sys.modules)
code = main(sys.argv[1:])
sys.stdout.flush()
print("\\n" + " ".join(sorted(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


def modules_after(*words: str, code: int = 0, **options: Any) -> set[str]:
    command = [sys.executable, "-c", CODE, *words]
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, **options)
    assert ran.returncode == code, ran.stderr
    return set(ran.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_and_version_cost_no_more_than_argparse(word: str) -> None:
    heavy = {"asyncio", "dataclasses", "inspect", "json", "logging", "pathlib", "subprocess", "tempfile", "threading"}
    loaded = modules_after(word)
    assert not loaded & heavy
    ours = {name for name in loaded if name.startswith("autotuner_core")}
    assert ours == {"autotuner_core", "autotuner_core.version"}
    assert not any(name.startswith("autotuner_tui.cli.commands") for name in loaded)


@pytest.mark.parametrize("command", ["check", "plan", "run", "resume", "demo"])
def test_help_of_a_command_imports_neither_pydantic_nor_rich(command: str) -> None:
    heavy = {"pydantic", "rich", "textual", "kubernetes", "psutil", "platformdirs", "autotuner_core.task.model"}
    assert not modules_after(command, "--help") & heavy


@pytest.mark.parametrize("manner", ["--no-ui", "--json"])
def test_a_pipeline_runs_a_task_without_loading_the_screen(tmp_path: Path, manner: str) -> None:
    """The engine ends at once: the run gets as far as its results all the same."""
    task = {
        "task_name": "quick",
        "backend": "local",
        "model": {"name": "tiny"},
        "parameters": {"size": {"type": "choice", "values": [1]}},
        "optimization": {"objective": "maximize_throughput", "retries": 0},
        "benchmark": stub_benchmark(tmp_path),
        "local": {"engine": "command", "command": ["false", "--port", "{port}", "{flags}"]},
    }
    (tmp_path / "task.json").write_text(json.dumps(task))
    loaded = modules_after("run", "task.json", manner, code=1, cwd=tmp_path, env=alone(tmp_path))
    assert list(tmp_path.glob("results/*_results.json")), "the run was carried out"
    assert not any(name.partition(".")[0] == "textual" for name in loaded)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_attaching_without_a_terminal_does_not_load_the_screen(tmp_path: Path, more: tuple[str, ...]) -> None:
    folder = recorded(tmp_path, [*beginning(1), *scored(1, 100.0), RunEnded(reason="completed")])
    loaded = modules_after("attach", str(folder.root), *more, env=alone(tmp_path))
    assert not any(name.partition(".")[0] == "textual" for name in loaded)
