"""What the command line imports: its start is quick because it imports almost nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import sys
from autotuner_tui.cli.main import main
before = set(sys.modules)
code = main(sys.argv[1:])
sys.stdout.flush()
print("\\n" + " ".join(sorted(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


def modules_after(*words: str) -> set[str]:
    ran = subprocess.run([sys.executable, "-c", CODE, *words], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
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
